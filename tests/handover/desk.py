"""A practitioner at their desk: a browser without scripts, as the tests speak of it."""

import re

from flask import Flask
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from handover import auth
from models.authority import Authority
from models.db import transaction
from models.practitioner import Practitioner, RoleName

PASSWORD = "three random words"
_TOKEN = re.compile(r'name="csrf[_-]token" (?:value|content)="([^"]+)"')
_FORM_ID = re.compile(r'name="form_id" value="([^"]+)"')


def add_staff(engine: Engine, authority: Authority, name: str, *roles: RoleName) -> Practitioner:
    """Gives somebody who can sign in; a practitioner unless roles are named."""
    with transaction(engine) as session:
        return auth.create_practitioner(
            session,
            email=f"{name.split(maxsplit=1)[0].lower()}@testshire.example.org",
            name=name,
            password=PASSWORD,
            roles=roles or [RoleName.PRACTITIONER],
            authority=session.get_one(Authority, authority.id),
        )


class Desk:
    """One browser."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.token = ""

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        """Gives the answer to the sign-in form."""
        self.get("/sign-in")
        return self.post("/sign-in", email=email, password=password)

    def get(self, path: str, **headers: str) -> TestResponse:
        """Gives a page, and keeps the form token that is on it."""
        answer = self.client.get(path, headers=headers)
        self._keep_token(answer)
        return answer

    def post(self, path: str, **fields: str | list[str]) -> TestResponse:
        """Gives the answer to a form, sent with the token of the last page."""
        answer = self.client.post(path, data={"csrf_token": self.token, **fields})
        self._keep_token(answer)
        return answer

    def post_as_script(self, path: str, **fields: str) -> TestResponse:
        """Gives the answer to a form that the page's script sent."""
        return self.client.post(
            path,
            data={"csrf_token": self.token, **fields},
            headers={"Accept": "application/json"},
        )

    def form_id(self, path: str) -> str:
        """Gives the id that the page puts on its next reply."""
        found = _FORM_ID.search(self.get(path).text)
        assert found is not None
        return found[1]

    def _keep_token(self, answer: TestResponse) -> None:
        if answer.mimetype == "text/html" and (found := _TOKEN.search(answer.text)):
            self.token = found[1]
