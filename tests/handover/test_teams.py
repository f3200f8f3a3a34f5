"""Teams as staff keep them: what is offered to a team, and its shifts, reach who is in it."""

import re

from click.testing import CliRunner

from bot.commands.authorities import authority_group
from bot.commands.users import user_group
from handover import teams
from models.db import reading
from models.practitioner import RoleName
from tests.handover.desk import add_staff


def test_a_supervisor_keeps_who_is_in_which_team(engine, authority, anna, ben, desk_of) -> None:
    cleo = add_staff(engine, authority, "Cleo Adams", RoleName.SUPERVISOR)
    desk = desk_of(cleo)
    before = desk.get("/rota/teams").text
    desk.post("/rota/teams/new", name="Duty", members=[str(anna.id), str(ben.id)])
    unnamed = desk.post("/rota/teams/new", name=" ")
    taken = desk.post("/rota/teams/new", name="duty")
    desk.post("/rota/teams/new", name="Nights", members=[str(ben.id)])

    after = desk.get("/rota/teams").text

    assert "In no team" in before
    assert "Enter the team&#39;s name" in unnamed.text
    assert "There is a team of this name already" in taken.text
    assert before.index("In no team") < before.index("<li>Ben Hughes</li>")
    assert "<li>Ben Hughes</li>" not in after
    with reading(engine) as session:
        found = {one.team.name: one.people for one in teams.with_members(session, authority.id)}
        assert [one.id for one in found["Duty"]] == [anna.id]
        assert [one.id for one in found["Nights"]] == [ben.id]


def test_an_account_is_made_in_a_team_or_is_told_what_it_does_not_see(
    monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("FRONTDOOR_DATABASE_URL", f"sqlite:///{tmp_path}/one.db")
    monkeypatch.setenv("FRONTDOOR_DATA_DIR", str(tmp_path))
    run = CliRunner().invoke

    without = run(user_group, ["add", "sam@example.org", "--name", "Sam Price"])
    inside = run(user_group, ["add", "kim@example.org", "--name", "Kim", "--team", "front door"])
    unknown = run(user_group, ["add", "lee@example.org", "--name", "Lee", "--team", "Night"])
    elsewhere = ["add", "flo@example.org", "--name", "Flo", "--authority", "330"]
    nowhere = run(user_group, elsewhere)
    run(authority_group, ["add", "330", "Other Council"])
    there = run(user_group, elsewhere)
    known = run(user_group, ["list"]).stdout.splitlines()

    assert "Sam Price is in no team" in without.stderr
    assert "Kim is in the team \u201cFront door\u201d" in inside.stderr
    assert "Teams are: \u201cFront door\u201d" in unknown.stderr
    assert "There is no authority 330" in nowhere.stderr
    assert "/welcome/" in there.stdout
    assert [line.split("\t")[0::3] for line in known] == [
        ["flo@example.org", "no team"],
        ["kim@example.org", "Front door"],
        ["sam@example.org", "no team"],
    ]


def test_a_team_is_removed_once_nobody_and_nothing_hangs_on_it(engine, authority, anna, desk_of):
    cleo = add_staff(engine, authority, "Cleo Adams", RoleName.SUPERVISOR)
    desk = desk_of(cleo)
    desk.get("/rota/teams")
    desk.post("/rota/teams/new", name="Nights", members=[str(anna.id)])
    [nights] = re.findall(r"/rota/teams/(\d+)", desk.get("/rota/teams").text)
    page = f"/rota/teams/{nights}"
    shift = {"who": f"team-{nights}", "kind": "duty", "when": "0", "times": "09:00-17:00"}
    assert desk.post("/rota/shift", **shift).status_code == 302
    refused = desk.post(f"{page}/remove")
    desk.post(page, name="Nights")
    [number] = re.findall(r"/rota/shift/(\d+)/remove", desk.get("/rota").text)
    desk.post(f"/rota/shift/{number}/remove")

    removed = desk.post(f"{page}/remove")

    assert refused.status_code == 422
    assert "First take out Anna Okafor, and take its shifts from the rota" in refused.text
    assert removed.status_code == 302
    assert "Change<span" not in desk.get("/rota/teams").text
    assert desk.get(page).status_code == 404
    assert "(team)" not in desk.get("/rota/shift").text
    desk.post("/rota/teams/new", name="nights")
    assert desk.get(page).status_code == 200
