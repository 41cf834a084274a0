"""A chat service on this machine: holds each post to the limits that its kind documents, and gives scripted answers."""
import http.server
import json
import ssl
import threading
import time

SECRET = "T0CANARY/B0CANARY/secretpart"
"""A part of every webhook's address here: it may be printed, written or stored nowhere."""

GOOD = {
    "slack": {"status": 200, "body": "ok"},
    "google-chat": {"status": 200, "body": json.dumps({"name": "spaces/S/messages/M"})},
    "teams": {"status": 202, "body": ""},
    "discord": {"status": 200, "body": json.dumps({"id": "1"})},
    "mattermost": {"status": 200, "body": "ok"},
    "webhook": {"status": 204, "body": ""},
}
"""What each service answers to a post that it took."""


def units(text):
    """UTF-16 units, as JavaScript and .NET count characters."""
    return len(text.encode("utf-16-le")) // 2


class Refused(Exception):
    """The service's own word for what is wrong with a post."""


def need(condition, word):
    if not condition:
        raise Refused(word)


def take_slack(raw, post):
    need(units(raw.decode()) <= 13_000, "invalid_payload")
    need(0 < units(post["text"]) <= 3000, "no_text")
    need(1 <= len(post["blocks"]) <= 50, "invalid_blocks")
    for block in post["blocks"]:
        kind = block["type"]
        need(kind in ("header", "section", "context"), "invalid_blocks")
        parts = block["elements"] if kind == "context" else [block["text"]]
        need(len(parts) <= 10, "invalid_blocks")
        for part in parts:
            need(part["type"] == ("plain_text" if kind == "header" else "mrkdwn"), "invalid_blocks")
            need(0 < units(part["text"]) <= (150 if kind == "header" else 3000), "invalid_blocks")


def take_google_chat(raw, post):
    need(len(raw) <= 32_000, "INVALID_ARGUMENT")
    need(len(post["cardsV2"]) == 1 and post["cardsV2"][0]["cardId"], "INVALID_ARGUMENT")
    card = post["cardsV2"][0]["card"]
    need(card["header"]["title"] and card["sections"], "INVALID_ARGUMENT")
    widgets = [widget for section in card["sections"] for widget in section["widgets"]]
    need(0 < len(widgets) <= 100 and all(section["widgets"] for section in card["sections"]), "INVALID_ARGUMENT")
    for widget in widgets:
        (kind, value), = widget.items()
        need(kind in ("textParagraph", "decoratedText", "buttonList"), "INVALID_ARGUMENT")
        need(value.get("text") or value.get("buttons"), "INVALID_ARGUMENT")


def take_teams(raw, post):
    need(len(json.dumps(post, ensure_ascii=True)) <= 28_000, "RequestEntityTooLarge")
    need(post["type"] == "message" and len(post["attachments"]) == 1, "BadRequest")
    attachment, = post["attachments"]
    need(attachment["contentType"] == "application/vnd.microsoft.card.adaptive", "BadRequest")
    card = attachment["content"]
    need(card["type"] == "AdaptiveCard" and card["version"] in ("1.2", "1.3", "1.4") and card["body"], "BadRequest")

    def look(element):
        kind = element["type"]
        if kind == "ColumnSet":
            for column in element["columns"]:
                need(column["type"] == "Column" and column["items"], "BadRequest")
                for item in column["items"]:
                    look(item)
        else:
            # A TextBlock would be Markdown.
            need(kind == "RichTextBlock" and element["inlines"], "BadRequest")
            need(all(run["type"] == "TextRun" and run["text"] for run in element["inlines"]), "BadRequest")

    for element in card["body"]:
        look(element)


def take_discord(raw, post):
    need(post["allowed_mentions"] == {"parse": []}, "mentions")
    need(post.get("content") or post.get("embeds"), "50006")
    need(units(post.get("content", "")) <= 2000 and len(post["embeds"]) <= 10, "50035")
    total = 0
    for embed in post["embeds"]:
        parts = [(embed["title"], 256), (embed["description"], 4096)]
        parts += [(embed["footer"]["text"], 2048)] if "footer" in embed else []
        fields = embed.get("fields", [])
        need(len(fields) <= 25, "50035")
        for field in fields:
            parts += [(field["name"], 256), (field["value"], 1024)]
        need(all(0 < units(text) <= most for text, most in parts), "50035")
        total += sum(units(text) for text, _ in parts)
    need(total <= 6000, "50035")


def take_mattermost(raw, post):
    need(0 < units(post["text"]) <= 16_383, "web.incoming_webhook.text.length.app_error")


def take_webhook(raw, post):
    need(post["version"] == 1 and post["kind"] in ("report", "failure"), "bad")
    need(all(isinstance(post[name], list) for name in ("notes", "products", "findings")), "bad")


TAKE = {
    "slack": take_slack, "google-chat": take_google_chat, "teams": take_teams, "discord": take_discord,
    "mattermost": take_mattermost, "webhook": take_webhook}


def refusal(service, word):
    """How the service says no."""
    if service == "google-chat":
        return {"status": 400, "body": json.dumps({"error": {"code": 400, "message": "Invalid", "status": word}})}
    if service == "discord":
        return {"status": 400, "body": json.dumps({"message": "Invalid Form Body", "code": word})}
    if service == "mattermost":
        return {"status": 400, "body": json.dumps({"id": word, "message": "no", "status_code": 400})}
    return {"status": 400, "body": word}


class Chat:
    """A service that checks what it gets, and answers as scripted, the last answer for ever. An answer is a status with
    `headers` and `body`, or `{"do": "reset" | "silence"}`."""

    def __init__(self, service="slack", *answers, certificate=None):
        self.service, self.answers = service, list(answers) or [GOOD[service]]
        self.received, self.refused, self.before_answer = [], [], lambda: None
        self.silence = threading.Event()
        chat = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                answer = chat.answers[min(len(chat.received), len(chat.answers) - 1)]
                chat.received.append((self.path, body, dict(self.headers.items())))
                chat.before_answer()
                if answer.get("do") == "reset":
                    self.connection.setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # SO_LINGER: a reset, not an end
                    return self.connection.close()
                if answer.get("do") == "silence":
                    chat.silence.wait(20)
                    return self.connection.close()
                if answer["status"] < 300:
                    try:
                        TAKE[chat.service](body, json.loads(body))
                    except (Refused, KeyError, TypeError, ValueError) as error:
                        chat.refused.append(f"{type(error).__name__}: {error}")
                        answer = refusal(chat.service, str(error))
                self.answer(answer)

            def answer(self, answer):
                text = answer.get("body", "").encode()
                self.send_response(answer["status"])
                for name, value in answer.get("headers", {}).items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"{scheme}://127.0.0.1:{self.server.server_port}/services/{SECRET}"

    @property
    def posts(self):
        return [json.loads(body) for _, body, _ in self.received]

    def close(self):
        self.silence.set()
        self.server.shutdown()
        self.server.server_close()


def http_date(seconds_from_now):
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + seconds_from_now))
