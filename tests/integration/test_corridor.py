"""A green wave over three real boxes, from the API to the controllers: all or none, whatever happens to one of them."""

from cloud.signals.errands import BOX_GONE_S
from simulators.controller.controller import Panel
from tests.fix_corridor import SITES, WAIT_S, Corridor
from tests.fix_edge import wait_for
from tests.fix_streets import OWN_PATTERN, RESERVED


def test_wave_when_all_take_part_then_all_are_confirmed_and_one_withdrawal_ends_all(corridor: Corridor) -> None:
    identity = corridor.ask()
    wave = corridor.wait(identity, "confirmed")
    assert [(lease["site"], lease["state"], lease["phase"]) for lease in wave["leases"]] == [
        (site, "confirmed", 2) for site in SITES
    ]
    assert corridor.commanded() == dict.fromkeys(SITES, RESERVED)
    for controller in corridor.streets.controllers.values():
        assert controller.splits[RESERVED][2].time_s == controller.splits[OWN_PATTERN][2].time_s + 10
    middle = corridor.lease(identity, SITES[1])["id"]
    assert corridor.room.post(f"/v1/leases/{middle}/withdraw").status_code == 202
    wait_for(lambda: {lease["state"] for lease in corridor.wave(identity)["leases"]} == {"reverted"}, WAIT_S)
    assert corridor.wave(identity)["state"] == "ended"
    assert set(corridor.commanded().values()) == {0}


def test_wave_when_one_box_refuses_then_no_controller_is_touched(corridor: Corridor) -> None:
    flashing = corridor.streets.controllers[SITES[1]]
    flashing.turn_panel(Panel.FLASH)
    try:
        wait_for(
            lambda: corridor.room.api.get(f"/v1/junctions/{SITES[1]}").json()["phases"][0]["letter"] == "F", WAIT_S
        )
        identity = corridor.ask()
        wave = corridor.wait(identity, "refused")
        assert wave["rule"] == "corridor_member"
        assert SITES[1] in wave["text_id"]
        assert wave["text_id"] != wave["text_en"]
        assert corridor.lease(identity, SITES[1])["rule"] == "flashing"
        others = (SITES[0], SITES[2])
        wait_for(lambda: {corridor.lease(identity, site)["state"] for site in others} == {"reverted"}, WAIT_S)
        assert set(corridor.commanded().values()) == {0}

    finally:
        flashing.turn_panel(Panel.AUTO)


def test_wave_when_one_box_hears_nothing_of_the_commit_then_all_are_withdrawn(corridor: Corridor) -> None:
    slow, deaf = SITES[2], SITES[1]
    corridor.freeze(slow)
    identity = corridor.ask()
    wait_for(lambda: corridor.lease(identity, deaf)["state"] == "accepted", WAIT_S)
    corridor.freeze(deaf)
    corridor.thaw(slow)  # now all have accepted, and the commit finds one that does not listen
    wave = corridor.wait(identity, "failed")
    assert deaf in wave["text_en"]
    assert corridor.streets.controllers[deaf].system_pattern == 0
    heard = (SITES[0], slow)
    wait_for(lambda: all(corridor.lease(identity, site)["reverted_at"] for site in heard), WAIT_S)
    corridor.thaw(deaf)
    wait_for(lambda: corridor.boxes[deaf].status()["junctions"][f"{deaf}.signal-1"]["lease"] is None, WAIT_S)
    assert set(corridor.commanded().values()) == {0}


def test_wave_when_one_box_is_dead_when_asked_then_the_others_are_given_back(corridor: Corridor) -> None:
    dead = SITES[1]
    corridor.boxes[dead].kill()
    identity = corridor.ask()
    wave = corridor.wait(identity, "refused")
    assert dead in wave["text_id"]
    assert corridor.lease(identity, dead)["state"] in ("expired", "failed")
    others = (SITES[0], SITES[2])
    wait_for(lambda: {corridor.lease(identity, site)["state"] for site in others} == {"reverted"}, WAIT_S)
    assert set(corridor.commanded().values()) == {0}


def test_wave_when_a_box_dies_in_the_middle_of_it_then_the_others_go_back_too(corridor: Corridor) -> None:
    identity = corridor.ask()
    corridor.wait(identity, "confirmed")
    dead = SITES[1]
    corridor.boxes[dead].kill()
    owner = corridor.room.api.owner
    wait_for(lambda: corridor.room.api.get(f"/v1/junctions/{dead}").json()["box_state"] == "offline", WAIT_S)
    assert corridor.wave(identity)["state"] == "confirmed", "a box may be back in a moment"
    owner.execute(
        "UPDATE box SET status_at = status_at - make_interval(secs => %s) WHERE name = %s", [BOX_GONE_S, f"{dead}-a"]
    )
    wave = corridor.wait(identity, "ended")
    assert wave["rule"] == "corridor_member"
    assert f"{dead}-a" in wave["text_id"]
    others = (SITES[0], SITES[2])
    wait_for(lambda: {corridor.lease(identity, site)["state"] for site in others} == {"reverted"}, WAIT_S)
    corridor.boxes[dead].start()  # it ends what it held, and hears now that it was withdrawn
    wait_for(lambda: corridor.lease(identity, dead)["state"] == "reverted", WAIT_S)
    assert corridor.streets.controllers[dead].system_pattern == 0


def test_wave_when_one_junction_is_superseded_then_both_are_told_and_the_others_go_back(corridor: Corridor) -> None:
    identity = corridor.ask()
    corridor.wait(identity, "confirmed")
    contested = SITES[1]
    controller = corridor.streets.controllers[contested]
    wait_for(lambda: controller.pattern == RESERVED, WAIT_S)  # only from here on there is something to wait for
    second = corridor.room.request(contested, role="admin", extra_green_s=15).json()
    assert corridor.room.wait(second["id"], "confirmed", timeout_s=WAIT_S)["requester"] == "its-admin"
    wait_for(lambda: corridor.lease(identity, contested)["state"] == "reverted", WAIT_S)
    first = corridor.lease(identity, contested)
    assert first["end_reason"] == "superseded"
    assert "its-admin" in first["text_id"]
    assert "its-admin" in first["text_en"]
    told = corridor.room.lease(second["id"])["log"]
    states = [line["state"] for line in told if line["source"] == "box"]
    assert states.index("accepted") < states.index("waiting") < states.index("confirmed")
    assert any("its-operator" in (line["text_id"] or "") for line in told)
    others = (SITES[0], SITES[2])
    wait_for(lambda: {corridor.lease(identity, site)["state"] for site in others} == {"reverted"}, WAIT_S)
    assert controller.system_pattern == RESERVED


def test_wave_when_a_lower_rank_holds_a_junction_then_he_holds_on_until_all_are_prepared(corridor: Corridor) -> None:
    contested, slow = SITES[1], SITES[2]
    first = corridor.room.request(contested).json()
    corridor.room.wait(first["id"], "confirmed", timeout_s=WAIT_S)
    controller = corridor.streets.controllers[contested]
    wait_for(lambda: controller.pattern == RESERVED, WAIT_S)
    corridor.freeze(slow)
    identity = corridor.ask(role="admin")
    wait_for(lambda: corridor.lease(identity, contested)["state"] == "accepted", WAIT_S)
    assert corridor.room.lease(first["id"])["state"] == "confirmed"
    corridor.thaw(slow)
    corridor.wait(identity, "confirmed")
    over = corridor.room.lease(first["id"])
    assert (over["state"], over["end_reason"]) == ("reverted", "superseded")
    assert corridor.commanded() == dict.fromkeys(SITES, RESERVED)


def test_wave_when_one_refuses_then_whoever_holds_another_junction_never_notices(corridor: Corridor) -> None:
    held, dead = SITES[1], SITES[2]
    first = corridor.room.request(held).json()
    corridor.room.wait(first["id"], "confirmed", timeout_s=WAIT_S)
    corridor.boxes[dead].kill()
    identity = corridor.ask(role="admin")
    corridor.wait(identity, "refused")
    wait_for(lambda: corridor.lease(identity, held)["state"] == "reverted", WAIT_S)
    assert corridor.room.lease(first["id"])["state"] == "confirmed"
    assert corridor.streets.controllers[held].system_pattern == RESERVED
