/* A client of load.c, and how it reads an HTTP/1.1 answer: by its length, in chunks, or to the connection's end. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { HEAD_MAX = 8 << 10, ID = 36, TAIL = 6 };

enum state { HEAD, LENGTH, SIZE, DATA, BEHIND_DATA, TRAILER, TO_THE_END, DONE };

struct client {
  int fd, number, status, reads_left, requests, is_idle;
  enum state state;
  size_t left; /* of the body or the chunk */
  int blank;   /* bytes of the trailer's empty line seen */
  int closes;
  uint64_t began_ns, first_ns;
  char id[ID + 1], tail[TAIL + 1];
  size_t used;
  char head[HEAD_MAX];
};

static uint64_t received; /* bytes of bodies, of all clients */

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void read_head(struct client *client) {
  client->status = atoi(client->head + 9);
  const char *length = strcasestr(client->head, "\r\ncontent-length:");
  const char *id = strcasestr(client->head, "\r\nx-tollbook-request-id:");
  if (id) snprintf(client->id, sizeof client->id, "%s", id + 24 + strspn(id + 24, " "));
  client->closes = strcasestr(client->head, "\r\nconnection: close") != NULL;
  client->left = length ? strtoul(length + 17, NULL, 10) : 0;
  client->state = strcasestr(client->head, "\r\ntransfer-encoding:") ? SIZE : !length ? TO_THE_END : client->left ? LENGTH : DONE;
}

/* Keeps the body's last letters, without what is white at its end. */
static void take_body(struct client *client, const char *bytes, size_t length) {
  received += length;
  if (!client->first_ns && length) client->first_ns = now_ns();
  while (length && strchr(" \r\n\t", bytes[length - 1])) length--;
  if (!length) return;
  size_t old = strlen(client->tail), fresh = length < TAIL ? length : TAIL, kept = old < TAIL - fresh ? old : TAIL - fresh;
  memmove(client->tail, client->tail + old - kept, kept);
  memcpy(client->tail + kept, bytes + length - fresh, fresh);
  client->tail[kept + fresh] = 0;
}

static void take(struct client *client, const char *bytes, size_t length) {
  const char *end = bytes + length;
  while (bytes < end && client->state != DONE) {
    size_t rest = end - bytes, part = rest < client->left ? rest : client->left;
    switch (client->state) {
    case HEAD:
      while (bytes < end && client->state == HEAD) {
        if (client->used == HEAD_MAX - 1) fail("a head too long");
        client->head[client->used++] = *bytes++;
        if (client->used >= 4 && !memcmp(client->head + client->used - 4, "\r\n\r\n", 4)) {
          client->head[client->used] = 0;
          read_head(client);
          client->used = 0;
        }
      }
      break;
    case SIZE:
      client->head[client->used++] = *bytes;
      if (*bytes++ == '\n') {
        client->head[client->used] = 0;
        client->left = strtoul(client->head, NULL, 16);
        client->used = 0;
        client->state = client->left ? DATA : TRAILER;
      }
      if (client->used == HEAD_MAX - 1) fail("a chunk's size too long");
      break;
    case LENGTH:
    case DATA:
      take_body(client, bytes, part);
      bytes += part;
      client->left -= part;
      if (!client->left) client->state = client->state == LENGTH ? DONE : BEHIND_DATA;
      break;
    case BEHIND_DATA:
      if (*bytes++ == '\n') client->state = SIZE;
      break;
    case TRAILER:
      client->blank = *bytes == '\n' ? client->blank + 1 : *bytes == '\r' ? client->blank : -1;
      bytes++;
      if (client->blank == 1) client->state = DONE;
      break;
    default:
      take_body(client, bytes, rest);
      bytes = end;
    }
  }
}

static int is_sound(const struct client *client) {
  const char *tail = client->tail;
  size_t length = strlen(tail);
  return (length && tail[length - 1] == '}') || !strcmp(tail, "[DONE]");
}
