/* Clients of one kind: each has a connection that is kept, and asks again as soon as it has its answer.
 *
 *   load PORT PATH BODY-FILE [--key KEY] [--clients 1] [--seconds 5] [--abort PERCENT] [--record FILE]
 *
 * After `--seconds` (0: after one request each) every client waits for its answer, so that each request counts. An answer
 * counts as complete where its framing ends and its text ends in } or [DONE]. `--abort` of the requests are left by their
 * client, a quarter at once, the others after some reads. `--record` writes a line for each request:
 * x-tollbook-request-id (or -), status (or 0), complete|aborted|broken. One JSON object is printed; times are µs. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"

enum { READ_MAX = 64 << 10, EVENTS_AT_ONCE = 256, STATUS_MAX = 600 };
enum { SILENCE_MS_MAX = 60000 }; /* nobody has got anything for so long: the run has failed */

static int epoll, port, abort_percent, clients_busy;
static char request[1 << 20];
static size_t request_length;
static uint64_t end_ns;
static FILE *record;
static uint64_t by_status[STATUS_MAX], aborted, aborted_unseen, broken, unsound, again;
static uint32_t *whole, *first; /* tenths of a µs */
static size_t measured, room;

static uint64_t chance(void) {
  static uint64_t seed = 0x9E3779B97F4A7C15;
  seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
  return seed >> 11;
}

static void connect_client(struct client *client) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int on = 1;
  client->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(client->fd, (void *)&address, sizeof address)) fail("connect");
  fcntl(client->fd, F_SETFL, O_NONBLOCK);
  setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  client->requests = 0;
  epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = client});
}

static void send_request(struct client *client) {
  client->state = HEAD;
  client->used = client->status = client->blank = client->closes = 0;
  client->first_ns = 0;
  memset(client->tail, 0, sizeof client->tail);
  strcpy(client->id, "-");
  client->requests++;
  ssize_t sent = send(client->fd, request, request_length, MSG_NOSIGNAL);
  if (sent < 0 && client->requests > 1) {
    close(client->fd);
    connect_client(client);
    again++;
    sent = send(client->fd, request, request_length, MSG_NOSIGNAL);
  }
  if (sent != (ssize_t)request_length) fail("send");
  client->reads_left = INT32_MAX;
  if (abort_percent && (int)(chance() % 100) < abort_percent) client->reads_left = chance() % 4 ? 1 + chance() % 8 : 0;
}

static void next_request(struct client *client) {
  do {
    client->began_ns = now_ns();
    if (client->began_ns >= end_ns) {
      clients_busy--;
      client->is_idle = 1;
      return;
    }
    send_request(client);
    if (!client->reads_left) { /* leaves at once */
      aborted++;
      aborted_unseen++;
      if (record) fprintf(record, "- 0 aborted\n");
      close(client->fd);
      connect_client(client);
    }
  } while (!client->reads_left);
}

static void keep_time(const struct client *client, uint64_t now) {
  if (measured == room) {
    room = room ? room * 2 : 1 << 16;
    whole = realloc(whole, room * sizeof *whole);
    first = realloc(first, room * sizeof *first);
  }
  whole[measured] = (now - client->began_ns) / 100;
  first[measured++] = ((client->first_ns ? client->first_ns : now) - client->began_ns) / 100;
}

static void finish(struct client *client, const char *how) {
  if (record) fprintf(record, "%s %d %s\n", client->id, client->status, how);
  by_status[client->status < STATUS_MAX ? client->status : 0] += *how == 'c';
  if (*how == 'c') keep_time(client, now_ns());
  if (*how == 'c' && !is_sound(client)) unsound++;
  if (*how == 'a') aborted++, aborted_unseen += client->id[0] == '-';
  if (*how == 'b') broken++;
  if (*how != 'c' || client->closes) {
    close(client->fd);
    connect_client(client);
  }
  next_request(client);
}

static void receive(struct client *client) {
  static char bytes[READ_MAX];
  ssize_t got = recv(client->fd, bytes, sizeof bytes, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (client->is_idle) { /* nothing more is asked; a kept connection may end */
    if (got <= 0) epoll_ctl(epoll, EPOLL_CTL_DEL, client->fd, NULL);
    return;
  }
  if (got <= 0) {
    if (client->state == TO_THE_END) {
      client->closes = 1;
      finish(client, "complete");
    } else if (client->state == HEAD && !client->used && client->requests > 1) {
      close(client->fd); /* a kept connection that ended as it was used again */
      connect_client(client);
      again++;
      send_request(client);
    } else
      finish(client, "broken");
    return;
  }
  take(client, bytes, got);
  if (client->state == DONE) finish(client, "complete");
  else if (!--client->reads_left) finish(client, "aborted");
}

static int ascending(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static void print_times(const char *name, uint32_t *times) {
  qsort(times, measured, sizeof *times, ascending);
  for (int n = 0; n < 2; n++) {
    double share = n ? 0.99 : 0.5;
    printf(", \"%s_p%.0f_us\": %.1f", name, share * 100, measured ? times[(size_t)(share * (measured - 1))] / 10.0 : 0);
  }
}

static void print_result(double seconds) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("{\"requests\": %zu, \"aborted\": %lu, \"aborted_unseen\": %lu, \"broken\": %lu, \"unsound\": %lu, \"again\": %lu, "
         "\"seconds\": %.4f, \"bytes\": %lu, \"cpu_s\": %.3f, \"statuses\": {",
      measured, aborted, aborted_unseen, broken, unsound, again, seconds, received,
      used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
  const char *comma = "";
  for (int status = 0; status < STATUS_MAX; status++)
    if (by_status[status]) printf("%s\"%d\": %lu", comma, status, by_status[status]), comma = ", ";
  printf("}");
  print_times("whole", whole);
  print_times("first", first);
  printf("}\n");
}

static void make_request(const char *path, const char *file, const char *key) {
  static char body[sizeof request / 2];
  FILE *opened = fopen(file, "rb");
  if (!opened) fail(file);
  size_t length = fread(body, 1, sizeof body, opened);
  request_length = snprintf(request, sizeof request / 2, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
      "Content-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n", path, port, key, length);
  memcpy(request + request_length, body, length);
  request_length += length;
}

int main(int count, char **words) {
  static const struct option names[] = {{"key", 1, 0, 'k'}, {"clients", 1, 0, 'c'}, {"seconds", 1, 0, 's'},
      {"abort", 1, 0, 'a'}, {"record", 1, 0, 'r'}, {0}};
  const char *key = "none";
  int clients = 1, option;
  double seconds = 5;
  while ((option = getopt_long(count, words, "", names, NULL)) != -1) switch (option) {
    case 'k': key = optarg; break;
    case 'c': clients = atoi(optarg); break;
    case 's': seconds = atof(optarg); break;
    case 'a': abort_percent = atoi(optarg); break;
    case 'r': if (!(record = fopen(optarg, "w"))) fail(optarg); break;
    default: return 2;
  }
  if (count - optind != 3) return fprintf(stderr, "usage: load PORT PATH BODY-FILE [options]\n"), 2;
  port = atoi(words[optind]);
  make_request(words[optind + 1], words[optind + 2], key);
  prctl(PR_SET_TIMERSLACK, 1);
  epoll = epoll_create1(0);
  struct client *all = calloc(clients, sizeof *all);
  for (int n = 0; n < clients; n++) connect_client(&all[n]);
  uint64_t began = now_ns();
  end_ns = UINT64_MAX;
  clients_busy = clients;
  for (int n = 0; n < clients; n++) next_request(&all[n]);
  end_ns = began + (uint64_t)(seconds * 1e9);
  struct epoll_event events[EVENTS_AT_ONCE];
  while (clients_busy) {
    int ready = epoll_wait(epoll, events, EVENTS_AT_ONCE, SILENCE_MS_MAX);
    if (!ready) return fprintf(stderr, "nothing came for %d s\n", SILENCE_MS_MAX / 1000), 1;
    for (int n = 0; n < ready; n++) receive(events[n].data.ptr);
  }
  print_result((now_ns() - began) / 1e9);
  return record && fclose(record) ? 1 : 0;
}
