"""Twilio as an application meets it: the REST API's checks, signed webhooks and receipts."""

import base64
import datetime as dt
import email.utils
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, override
from urllib.parse import urlencode, urlsplit

from tests.fakes import twilio_checks as checks
from tests.fakes.server import Answer, Call, FakeServer, Post, post_over_http
from tests.fakes.twilio_checks import RefusedError

ACCOUNT_SID = "AC00000000000000000000000000000001"
AUTH_TOKEN = "fake-auth-token-of-the-account"
SMS_NUMBER = "+447700900100"
WHATSAPP_NUMBER = "+447700900200"
CHILD = "+447700900123"
PUBLIC_URL = "https://front-door.test"

_STORE = "/store"
_WINDOW = dt.timedelta(hours=24)
_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
_START = frozenset({"START", "YES", "UNSTOP"})
_STOP_ANSWER = "You have successfully been unsubscribed. Reply START to resubscribe."


@dataclass(slots=True, kw_only=True)
class Text:
    """One message resource."""

    sid: str
    channel: str
    sender: str
    to: str
    body: str
    inbound: bool
    created: dt.datetime
    sent: dt.datetime | None = None
    status: str = "queued"
    error_code: int | None = None
    callback: str | None = None
    media: Sequence[tuple[str, str]] = ()
    buttons: list[dict[str, str]] = field(default_factory=list)
    discards: bool = False
    obfuscates: bool = False
    form: dict[str, str] = field(default_factory=dict)

    @property
    def titles(self) -> list[str]:
        """Gives the titles of the buttons, in order."""
        return [button["title"] for button in self.buttons]

    @property
    def is_redacted(self) -> bool:
        """Tells whether Twilio has forgotten what it was asked to."""
        return self.sent is not None


class FakeTwilio(FakeServer):
    """One account with a number for SMS and one for WhatsApp."""

    sends_on = "POST /2010-04-01"

    def __init__(self, *, default_opt_out: bool = True) -> None:
        super().__init__()
        self.numbers = {"sms": SMS_NUMBER, "whatsapp": WHATSAPP_NUMBER}
        self.default_opt_out = default_opt_out
        self.opted_out: set[str] = set()
        self.texts: list[Text] = []
        self.contents: dict[str, dict[str, Any]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        """What children sent, by the path of its address: the media type and the content."""
        self.approved: set[str] = set()
        """Contents that WhatsApp has approved as templates, which may go at any time."""
        self.typing: list[str] = []
        self.largest_page = 1000
        self.public_url = PUBLIC_URL
        self.retries = 0
        """How often a failing webhook is tried again, as `#rc=` in its address asks."""
        self.fallback_url: str | None = None
        self.shared_key: tuple[str, str] | None = None
        """The id and the secret of the SharedKey that signs instead of the token."""
        self.post: Post = post_over_http
        self._ids = itertools.count(1)
        self._offset = dt.timedelta()

    def approve_template(self, body: str) -> str:
        """Gives the id of a template that WhatsApp has approved."""
        sid = self._sid("HX")
        self.contents[sid] = {"sid": sid, "types": {"twilio/text": {"body": body}}}
        self.approved.add(sid)
        return sid

    # What a child does. Each gives the status of our answer to the webhook.

    def child_says(self, text: str, *, via: str = "sms", child: str = CHILD) -> int:
        """Sends a text."""
        return self._child_sends(via, child, {"Body": text})

    def child_sends_photo(self, caption: str = "", *, via: str = "sms", child: str = CHILD) -> int:
        """Sends a picture."""
        return self.child_sends_media("image/jpeg", caption, via=via, child=child)

    def child_sends_media(
        self, media_type: str, caption: str = "", *, via: str = "sms", child: str = CHILD
    ) -> int:
        """Sends a file of the media type."""
        return self._child_sends(
            via, child, {"Body": caption, "NumMedia": "1", "MediaContentType0": media_type}
        )

    def child_sends_voice(self, sound: bytes, *, via: str = "whatsapp", child: str = CHILD) -> int:
        """Says something aloud, which the server keeps until it is asked for."""
        status = self.child_sends_media("audio/ogg", via=via, child=child)
        url, media_type = self.texts[-1].media[0]
        self.files[urlsplit(url).path] = (media_type, sound)
        return status

    def child_sends_place(self, latitude: float, longitude: float, *, child: str = CHILD) -> int:
        """Shares a place on WhatsApp."""
        place = {"Latitude": str(latitude), "Longitude": str(longitude), "Body": ""}
        return self._child_sends("whatsapp", child, place | {"MessageType": "location"})

    def child_presses(self, title: str, *, child: str = CHILD) -> int:
        """Presses the newest WhatsApp button with the title."""
        for text in reversed(self.texts):
            for button in text.buttons:
                if button["title"] == title and text.to == child:
                    pressed = {
                        "Body": title,
                        "ButtonText": title,
                        "ButtonPayload": button["id"],
                        "MessageType": "button",
                        "OriginalRepliedMessageSid": text.sid,
                    }
                    return self._child_sends("whatsapp", child, pressed)
        raise AssertionError(f"no button {title!r} on the phone")

    def phone(self, child: str = CHILD, *, via: str = "sms") -> list[str]:
        """Gives the words the child's phone shows, in order."""
        return [
            text.body
            for text in self.texts
            if text.channel == via and child in {text.sender, text.to} and self._is_shown(text)
        ]

    def from_us(self, child: str = CHILD, *, via: str = "sms") -> list[Text]:
        """Gives our messages to the child that did not fail, in order."""
        return [
            text
            for text in self.texts
            if (text.channel, text.to, text.inbound) == (via, child, False) and self._is_shown(text)
        ]

    def now(self) -> dt.datetime:
        """Gives the server's time."""
        return dt.datetime.now(dt.UTC) + self._offset

    def advance(self, by: dt.timedelta) -> None:
        """Lets time pass on the server."""
        self._offset += by

    # What Twilio does by itself.

    def report(self, text: Text, status: str, *, error_code: int | None = None) -> int:
        """Posts one receipt, signed, and gives the status of our answer."""
        text.status, text.error_code = status, error_code
        if status in {"sent", "delivered", "read"} and text.sent is None:
            text.sent = self.now()
        if text.callback is None:
            return 0
        form = self._addresses(text) | {"MessageSid": text.sid, "SmsSid": text.sid}
        form |= {"MessageStatus": status, "SmsStatus": status, "ApiVersion": "2010-04-01"}
        if error_code is not None:
            form |= {"ErrorCode": str(error_code)}
        return self._post(text.callback, form)

    def settle(self, order: Sequence[str] = ("sent", "delivered")) -> None:
        """Delivers what is queued and posts the receipts, in any order asked for.

        Free WhatsApp text outside the window fails only here, as it does at Twilio.
        """
        for text in [text for text in self.texts if text.status == "queued"]:
            if text.channel == "whatsapp" and not self._may_go(text):
                self.report(text, "failed", error_code=63016)
                continue
            for status in order:
                self.report(text, status)

    def post_again(self) -> int:
        """Posts the child's last message once more, as after a time-out."""
        last = next(text for text in reversed(self.texts) if text.inbound)
        return self._post(self._webhook_url(last.channel), last.form)

    # The REST API.

    @override
    def refusal(self, status: int) -> Answer:
        code = {401: 20003, 404: 20404, 429: 20429}.get(status, 20500)
        return Answer(status=status, body=RefusedError(status, code, "Failure").body())

    @override
    def answer(self, call: Call) -> Answer:
        try:
            with self.lock:
                return self._route(call)
        except RefusedError as error:
            return Answer(status=error.status, body=error.body())

    def _route(self, call: Call) -> Answer:
        if call.path.startswith(_STORE):
            # The store behind Twilio knows the address it gave, and no account.
            return self._file(call.path.removeprefix(_STORE))
        wanted = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {wanted}":
            raise RefusedError(401, 20003, "Authenticate")
        account = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
        made = {
            f"{account}/Messages.json": lambda: self._resource(self._create(call.form())),
            "/v1/Content": lambda: self._create_content(json.loads(call.body)),
            "/v2/Indicators/Typing.json": lambda: self._type(call.form()),
        }
        shown = {
            f"{account}.json": lambda: {"sid": ACCOUNT_SID, "status": "active", "type": "Full"},
            f"{account}/Messages.json": lambda: self._list(call),
            "/v1/Content": self._list_contents,
        }
        if call.method == "GET" and call.path.endswith("/Media.json"):
            return Answer(body=self._media(call.path.split("/")[-2]))
        if call.path in self.files:
            return Answer(status=307, headers={"Location": f"{self.url}{_STORE}{call.path}"})
        do = (made if call.method == "POST" else shown).get(call.path)
        if do is None:
            raise RefusedError(404, 20404, "The requested resource was not found")
        return Answer(status=201 if call.method == "POST" else 200, body=do())

    def _file(self, path: str) -> Answer:
        media_type, content = self.files[path]
        return Answer(body=content, headers={"Content-Type": f"{media_type}; codecs=opus"})

    def _list_contents(self) -> dict[str, Any]:
        meta = {"key": "contents", "next_page_url": None, "page": 0, "page_size": 50}
        return {"contents": list(self.contents.values()), "meta": meta}

    def _create(self, given: dict[str, str]) -> Text:
        channel = checks.check_message(given, numbers=self.numbers)
        to = given["To"].removeprefix("whatsapp:")
        if channel == "sms" and to in self.opted_out:
            raise RefusedError(400, 21610, "Attempt to send to unsubscribed recipient")
        body, buttons = self._rendered(given)
        text = Text(
            sid=self._sid("SM"),
            channel=channel,
            sender=self.numbers[channel],
            to=to,
            body=body,
            inbound=False,
            created=self.now(),
            callback=given.get("StatusCallback"),
            buttons=buttons,
            discards=given.get("ContentRetention") == "discard",
            obfuscates=given.get("AddressRetention") == "obfuscate",
            form=given,
        )
        self.texts.append(text)
        return text

    def _rendered(self, given: dict[str, str]) -> tuple[str, list[dict[str, str]]]:
        if "ContentSid" not in given:
            return given["Body"], []
        content = self.contents.get(given["ContentSid"])
        if content is None:
            raise RefusedError(400, 21655, "The ContentSid is invalid.")
        ((kind, shape),) = content["types"].items()
        body = shape["body"]
        for name, value in json.loads(given.get("ContentVariables", "{}")).items():
            body = body.replace("{{" + name + "}}", value)
        if kind == "twilio/text":
            return body, []
        if kind == "twilio/quick-reply":
            return body, [{"title": one["title"], "id": one["id"]} for one in shape["actions"]]
        return body, [{"title": one["item"], "id": one["id"]} for one in shape["items"]]

    def _list(self, call: Call) -> dict[str, Any]:
        asked = call.query
        found = [text for text in reversed(self.texts) if self._matches(text, asked)]
        size = min(int(asked.get("PageSize", "50")), self.largest_page)
        page = int(asked.get("Page", "0"))
        shown = found[page * size : (page + 1) * size]
        following = asked | {"Page": str(page + 1), "PageSize": str(size)}
        has_more = len(found) > (page + 1) * size
        return {
            "messages": [self._resource(text) for text in shown],
            "page": page,
            "page_size": size,
            "next_page_uri": f"{call.path}?{urlencode(following)}" if has_more else None,
        }

    def _matches(self, text: Text, asked: dict[str, str]) -> bool:
        shown = self._resource(text)
        if any(shown[key.lower()] != asked[key] for key in ("To", "From") if key in asked):
            return False
        after = asked.get("DateSent>")
        if after is None:
            return True
        return text.sent is not None and text.sent.strftime("%Y-%m-%dT%H:%M:%SZ") >= after

    def _media(self, sid: str) -> dict[str, Any]:
        text = next((text for text in self.texts if text.sid == sid), None)
        if text is None:
            raise RefusedError(404, 20404, "The requested resource was not found")
        return {
            "media_list": [
                {"sid": url[-34:], "content_type": media_type, "uri": url, "parent_sid": sid}
                for url, media_type in text.media
            ],
            "page": 0,
            "page_size": 50,
        }

    def _create_content(self, given: dict[str, Any]) -> dict[str, Any]:
        checks.check_content(given)
        sid = self._sid("HX")
        self.contents[sid] = given | {"sid": sid, "account_sid": ACCOUNT_SID}
        return self.contents[sid]

    def _type(self, given: dict[str, str]) -> dict[str, Any]:
        known = {text.sid for text in self.texts if text.inbound and text.channel == "whatsapp"}
        if given.get("channel") != "whatsapp" or given.get("messageId") not in known:
            raise RefusedError(400, 20001, "Invalid parameter messageId")
        self.typing.append(given["messageId"])
        return {"success": True}

    def _resource(self, text: Text) -> dict[str, Any]:
        prefix = "whatsapp:" if text.channel == "whatsapp" else ""
        to = text.to[:-4] + "XXXX" if text.obfuscates and text.is_redacted else text.to
        return {
            "sid": text.sid,
            "account_sid": ACCOUNT_SID,
            "from": prefix + text.sender,
            "to": prefix + to,
            "body": "" if text.discards and text.is_redacted else text.body,
            "direction": "inbound" if text.inbound else "outbound-api",
            "status": text.status,
            "error_code": text.error_code,
            "num_media": str(len(text.media)),
            "date_created": email.utils.format_datetime(text.created),
            "date_sent": None if text.sent is None else email.utils.format_datetime(text.sent),
            "date_updated": email.utils.format_datetime(text.created),
        }

    def _child_sends(self, via: str, child: str, content: dict[str, str]) -> int:
        text = Text(
            sid=self._sid("MM" if content.get("NumMedia", "0") != "0" else "SM"),
            channel=via,
            sender=child,
            to=self.numbers[via],
            body=content.get("Body", ""),
            inbound=True,
            created=self.now(),
            sent=self.now(),
            status="received",
        )
        content = {"NumMedia": "0", "NumSegments": "1", "ApiVersion": "2010-04-01"} | content
        if "MediaContentType0" in content:
            url = f"{self.url}/media/{text.sid}/ME{next(self._ids):032x}"
            text.media = ((url, content["MediaContentType0"]),)
            content["MediaUrl0"] = url
        if via == "whatsapp":
            content |= {"ProfileName": "Sam", "WaId": child.removeprefix("+")}
        content |= self._addresses(text) | {"SmsStatus": "received"}
        content |= dict.fromkeys(("MessageSid", "SmsMessageSid", "SmsSid"), text.sid)
        content |= self._opting(text)
        text.form = content
        with self.lock:
            self.texts.append(text)
        return self._bring(text)

    def _bring(self, text: Text) -> int:
        status = 0
        for _ in range(1 + self.retries):
            status = self._post(self._webhook_url(text.channel), text.form)
            if 200 <= status < 300:
                return status
        if self.fallback_url is not None:
            failed = {"ErrorCode": "11200", "ErrorUrl": self._webhook_url(text.channel)}
            status = self._post(self.fallback_url, text.form | failed)
        return status

    def _opting(self, text: Text) -> dict[str, str]:
        word = text.body.strip().upper()
        if not self.default_opt_out or text.channel != "sms":
            return {}
        if word in _STOP:
            self.opted_out.add(text.sender)
            with self.lock:
                self.texts.append(
                    Text(
                        sid=self._sid("SM"),
                        channel="sms",
                        sender=text.to,
                        to=text.sender,
                        body=_STOP_ANSWER,
                        inbound=False,
                        created=self.now(),
                        status="delivered",
                    )
                )
            return {"OptOutType": "STOP"}
        if word in _START:
            self.opted_out.discard(text.sender)
            return {"OptOutType": "START"}
        return {}

    def _is_shown(self, text: Text) -> bool:
        is_free_text = text.channel == "whatsapp" and not text.inbound
        if is_free_text and not self._may_go(text):
            return False
        return text.status not in {"failed", "undelivered"}

    def _may_go(self, text: Text) -> bool:
        return text.form.get("ContentSid") in self.approved or self._window_is_open(text)

    def _window_is_open(self, text: Text) -> bool:
        heard = [
            other.created
            for other in self.texts
            if other.inbound and other.channel == "whatsapp" and other.sender == text.to
        ]
        return bool(heard) and text.created - max(heard) <= _WINDOW

    def _post(self, url: str, form: dict[str, str]) -> int:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "I-Twilio-Idempotency-Token": checks.idempotency_token(form),
        }
        secret, algorithm = AUTH_TOKEN, "sha1"
        if self.shared_key is not None:
            key_id, secret = self.shared_key
            algorithm = "sha256"
            settings = f"key={key_id},algorithm=HMAC_SHA256"
            headers["X-Twilio-Webhooks-Signature-Settings"] = settings
        headers["X-Twilio-Signature"] = checks.signature(secret, url, form, algorithm=algorithm)
        return self.post(url, headers, urlencode(form).encode())

    def _webhook_url(self, channel: str) -> str:
        return f"{self.public_url}/webhooks/twilio/{channel}"

    def _addresses(self, text: Text) -> dict[str, str]:
        prefix = "whatsapp:" if text.channel == "whatsapp" else ""
        return {
            "AccountSid": ACCOUNT_SID,
            "From": prefix + text.sender,
            "To": prefix + text.to,
        }

    def _sid(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids):032x}"
