/* A vendor that costs next to nothing: one thread, fixed answers in OpenAI's format, chosen by the model asked for.
 *
 *   vendor PORT
 *
 * A stream's event leaves by a write of its own at its time after the request: the first at once, the next one
 * `interval_us` later. Its last piece is the usage, if the request asks for it, and [DONE]. GET is answered with {}. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_MAX = 128 << 10, PIECES_MAX = 64, EVENTS_AT_ONCE = 256 };

struct answer {
  const char *model;
  int status, pieces, interval_us; /* no pieces: JSON; no interval: all of them in one write */
  int is_cut;                      /* the connection ends behind the pieces, before the answer does */
  /* Made at the start, for requests without and with usage. */
  char *piece[2][PIECES_MAX];
  size_t length[2][PIECES_MAX];
  int count;
};

static struct answer answers[] = {
    {"gpt-4o-mini", 200, 0, 0, 0},      /* a JSON answer */
    {"gpt-4o", 200, 60, 10000, 0},      /* a chunk every 10 ms */
    {"gpt-4.1-mini", 200, 10, 10000, 0}, /* a short one, to measure the first byte often */
    {"gpt-4.1", 200, 20, 500000, 0},    /* a slow one, open for 10 s */
    {"gpt-4.1-nano", 200, 60, 0, 0},    /* 60 events in one piece */
    {"gpt-5-mini", 500, 0, 0, 0},       /* an error */
    {"gpt-5-nano", 200, 10, 1000, 1},   /* a stream that breaks */
};
enum { ANSWERS = sizeof answers / sizeof *answers };

struct client {
  int fd;
  const struct answer *streaming; /* nil between answers */
  int with_usage, next;
  size_t sent; /* of the piece `next` */
  uint64_t began_ns;
  struct client *later, *earlier; /* of those that stream */
  size_t used;
  char request[REQUEST_MAX];
};

static struct client streams; /* a ring's head */

#define USAGE \
  "{\"prompt_tokens\":812,\"completion_tokens\":57,\"total_tokens\":869," \
  "\"prompt_tokens_details\":{\"cached_tokens\":512,\"audio_tokens\":0}," \
  "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0," \
  "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}"

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static char *text(size_t *length, const char *format, ...) {
  char *made;
  va_list arguments;
  va_start(arguments, format);
  int count = vasprintf(&made, format, arguments);
  va_end(arguments);
  if (count < 0) exit(1);
  *length = count;
  return made;
}

static char *event(const struct answer *answer, const char *choices, const char *usage) {
  size_t length;
  return text(&length,
      "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"%s\","
      "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_bench\",\"choices\":%s,\"usage\":%s}\n\n",
      answer->model, choices, usage);
}

static void make_plain(struct answer *answer) {
  char *body;
  size_t length;
  if (answer->status == 200)
    body = text(&length,
        "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1790000000,\"model\":\"%s\",\"choices\":"
        "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"The toll is paid, the gate is open, and the "
        "ledger has a line for it. The next cart is a heavy one: two axles, six wheels, and a load of salt.\","
        "\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":" USAGE ","
        "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_bench\"}", answer->model);
  else
    body = text(&length, "{\"error\":{\"message\":\"the server had an error\",\"type\":\"server_error\","
        "\"param\":null,\"code\":null}}");
  for (int usage = 0; usage < 2; usage++)
    answer->piece[usage][0] = text(&answer->length[usage][0],
        "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nx-request-id: req_bench\r\nContent-Length: %zu\r\n\r\n%s",
        answer->status, answer->status == 200 ? "OK" : "Internal Server Error", length, body);
  answer->count = 1;
}

static void make_stream(struct answer *answer) {
  for (int usage = 0; usage < 2; usage++) {
    char *whole = calloc(1, 1);
    for (int number = 0; number < answer->pieces; number++) {
      int is_last = number == answer->pieces - 1 && !answer->is_cut;
      size_t ignored, length;
      char *choices = text(&ignored, number == answer->pieces - 2
          ? "[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]"
          : "[{\"index\":0,\"delta\":{\"content\":\" piece %d\"},\"logprobs\":null,\"finish_reason\":null}]", number);
      char *body = !is_last ? event(answer, choices, "null")
          : text(&ignored, "%sdata: [DONE]\n\n", usage ? event(answer, "[]", USAGE) : "");
      char *piece = text(&length, "%s%zx\r\n%s\r\n%s", number ? "" : "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
          "x-request-id: req_bench\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n",
          strlen(body), body, is_last ? "0\r\n\r\n" : "");
      if (answer->interval_us) {
        answer->piece[usage][number] = piece;
        answer->length[usage][number] = length;
      } else
        whole = text(&answer->length[usage][0], "%s%s", whole, piece);
    }
    if (!answer->interval_us) answer->piece[usage][0] = whole;
  }
  answer->count = answer->interval_us ? answer->pieces : 1;
}

static void leave_streams(struct client *client) {
  if (!client->streaming) return;
  client->earlier->later = client->later;
  client->later->earlier = client->earlier;
  client->streaming = NULL;
}

static void drop(struct client *client) {
  leave_streams(client);
  close(client->fd);
  free(client);
}

/* Sends what is due. -1 where the client is gone, 1 where it does not read. */
static int send_due(struct client *client, uint64_t now) {
  const struct answer *answer = client->streaming;
  while (client->next < answer->count && client->began_ns + client->next * answer->interval_us * 1000ull <= now) {
    const char *piece = answer->piece[client->with_usage][client->next] + client->sent;
    size_t length = answer->length[client->with_usage][client->next] - client->sent;
    ssize_t sent = send(client->fd, piece, length, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN ? 1 : -1;
    if ((size_t)sent < length) {
      client->sent += sent;
      return 1;
    }
    client->next++;
    client->sent = 0;
  }
  if (client->next == answer->count) {
    if (answer->is_cut) return -1;
    leave_streams(client);
  }
  return 0;
}

static const char *after(const char *text, const char *word) {
  const char *found = strstr(text, word);
  return found ? found + strlen(word) + strspn(found + strlen(word), " :\"") : NULL;
}

/* A request's length, 0 where more must come; `body` is where its body begins. */
static size_t request_length(struct client *client, size_t *body) {
  char *end = memmem(client->request, client->used, "\r\n\r\n", 4);
  if (!end) return 0;
  *body = end + 4 - client->request;
  *end = 0;
  const char *length = strcasestr(client->request, "\r\ncontent-length:");
  int is_chunked = !length && strcasestr(client->request, "\r\ntransfer-encoding:");
  *end = '\r';
  if (!is_chunked) {
    size_t total = *body + (length ? strtoul(length + 17, NULL, 10) : 0);
    return total <= client->used ? total : 0;
  }
  char *last = memmem(end, client->used - (end - client->request), "\r\n0\r\n\r\n", 7);
  return last ? last + 7 - client->request : 0;
}

static int answer_request(struct client *client) {
  static const char nothing[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
  size_t body, length = request_length(client, &body);
  if (!length) return client->used < REQUEST_MAX - 1 ? 0 : -1;
  client->request[client->used] = 0;
  const char *model = after(client->request + body, "\"model\"");
  const char *usage = after(client->request + body, "\"include_usage\"");
  const struct answer *found = NULL;
  for (int n = 0; n < ANSWERS && model; n++) {
    size_t name = strlen(answers[n].model);
    if (!strncmp(model, answers[n].model, name) && model[name] == '"') found = &answers[n];
  }
  int is_get = !strncmp(client->request, "GET ", 4);
  client->with_usage = usage && *usage == 't';
  memmove(client->request, client->request + length, client->used - length);
  client->used -= length;
  if (is_get || !found) return send(client->fd, nothing, sizeof nothing - 1, MSG_NOSIGNAL) < 0 ? -1 : 0;
  client->streaming = found;
  client->next = client->sent = 0;
  client->began_ns = now_ns();
  client->later = streams.later;
  client->earlier = &streams;
  client->later->earlier = client->earlier->later = client;
  return send_due(client, client->began_ns);
}

static int receive(struct client *client) {
  ssize_t got = recv(client->fd, client->request + client->used, REQUEST_MAX - 1 - client->used, 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) return -1;
  if (got > 0) client->used += got;
  return client->streaming || !client->used ? 0 : answer_request(client);
}

static int listener(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (void *)&address, sizeof address) || listen(fd, 4096)) {
    perror("vendor");
    exit(1);
  }
  return fd;
}

static void accept_all(int listening, int epoll) {
  for (int fd, on = 1; (fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct client *client = malloc(sizeof *client);
    memset(client, 0, offsetof(struct client, request));
    client->fd = fd;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = client});
  }
}

int main(int count, char **words) {
  if (count != 2) return fprintf(stderr, "usage: vendor PORT\n"), 2;
  prctl(PR_SET_TIMERSLACK, 1);
  for (int n = 0; n < ANSWERS; n++) answers[n].pieces ? make_stream(&answers[n]) : make_plain(&answers[n]);
  streams.later = streams.earlier = &streams;
  int listening = listener(atoi(words[1])), epoll = epoll_create1(0);
  epoll_ctl(epoll, EPOLL_CTL_ADD, listening, &(struct epoll_event){.events = EPOLLIN, .data.ptr = NULL});
  struct epoll_event events[EVENTS_AT_ONCE];
  for (uint64_t wait_ns = UINT64_MAX;;) {
    struct timespec wait = {wait_ns / 1000000000, wait_ns % 1000000000};
    int ready = epoll_pwait2(epoll, events, EVENTS_AT_ONCE, wait_ns == UINT64_MAX ? NULL : &wait, NULL);
    for (int n = 0; n < ready; n++) {
      struct client *client = events[n].data.ptr;
      if (!client) accept_all(listening, epoll);
      else if (receive(client) < 0) drop(client);
    }
    uint64_t now = now_ns(), due = UINT64_MAX;
    for (struct client *client = streams.later, *later; client != &streams; client = later) {
      later = client->later;
      int sent = send_due(client, now);
      if (sent < 0) drop(client);
      else if (client->streaming) {
        /* One that does not read is tried again a millisecond later. */
        uint64_t next = sent ? now + 1000000 : client->began_ns + client->next * client->streaming->interval_us * 1000ull;
        if (next < due) due = next;
      }
    }
    now = now_ns();
    wait_ns = due == UINT64_MAX ? UINT64_MAX : due > now ? due - now : 0;
  }
}
