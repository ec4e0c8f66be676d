"""The film of an incident: all of it, in parts that fit; a word where something lacks; sent one part at a time."""

import asyncio
import errno
import hashlib
import time
from pathlib import Path
from uuid import UUID

import av
import numpy as np
import pytest

from edge.clock import Clock
from edge.entries import Entry, Fate, Lack
from edge.errors import Unavailable
from edge.left_out import LeftOut
from edge.notices import Notice
from edge.site_vision import Recording as Bounds
from edge.vision import due_films, film_sender, incident_clips, memory, parts
from edge.vision.archive import Archive
from edge.vision.clip_shelf import ClipShelf, Lost, event_of
from edge.vision.due_films import DueFilms
from edge.vision.incident_clips import WHOLE, IncidentClips, say_lacking
from edge.vision.reasons import Reason
from edge.vision.recording import SegmentKeeper
from tests.fix_station import StillBox

T0 = 1_763_780_400.0
CAMERA = "TD-01.cam-1"
EVENT = "01a203e9-b9a6-773d-ac3d-e7b912ec3ca5"
HZ = 5


def film(path: Path, seconds: int = 20, *, size: tuple[int, int] = (160, 96), codec: str = "libx264") -> Path:
    """Noise with a key frame each second, so that each takes as many bytes."""
    random = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=HZ, options={"g": str(HZ), "preset": "ultrafast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for _ in range(seconds * HZ):
            picture = random.integers(0, 256, (size[1], size[0], 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path


def record(root: Path, source: Path, began_s: float) -> None:
    keeper = SegmentKeeper(root / "recordings" / CAMERA, lambda _: None)
    with av.open(str(source)) as container:
        for packet in container.demux(video=0):
            if packet.size:
                keeper.take(packet, began_s + float(packet.pts * packet.time_base), container.streams.video[0])
    keeper.end()


def pictures(path: Path) -> list[tuple[int, int]]:
    with av.open(str(path)) as container:
        return [(frame.width, frame.height) for frame in container.decode(video=0)]


class Outbox:
    """Keeps evidence until it is confirmed."""

    def __init__(self) -> None:
        self.kept: list[Entry] = []
        self.notes: dict[str, str] = {}
        self.dropped: set[int] = set()
        self.deleted: list[int] = []
        self.confirmed = 0
        self.refuses, self.is_roomy = False, True
        self.most_bytes = 1_000_000_000

    def refusal_of(self, _seq: int) -> None:
        return None

    async def keep(self, entry: Entry) -> int:
        if self.refuses:
            raise Unavailable("the disk is full")
        self.kept.append(entry)
        return len(self.kept)

    async def fate(self, seq: int) -> Fate:
        return "dropped" if seq in self.dropped else "waits" if seq > self.confirmed else "gone"

    async def delete(self, ranges: list[tuple[int, int]]) -> int:
        self.deleted += [seq for seq, _ in ranges]
        return len(ranges)

    async def lacks(self, size: int) -> Lack:
        return "" if self.is_roomy and size <= self.most_bytes else "bound"

    async def note(self, key: str) -> str | None:
        return self.notes.get(key)

    async def set_note(self, key: str, value: str) -> None:
        self.notes[key] = value


@pytest.fixture
def clips(tmp_path: Path) -> IncidentClips:
    archive = Archive(tmp_path, Bounds(), sink=None, clock=Clock(), pulse=None)
    outbox = Outbox()
    return IncidentClips(archive, outbox.keep, outbox, Board(), Clock())


def cut(clips: IncidentClips, at_s: float) -> tuple[tuple[str, str], list[Path]]:
    lacks = asyncio.run(clips.cut(CAMERA, at_s, EVENT))
    return lacks, sorted(clips._archive.shelf.unsent_dir.iterdir())


def test_clip_when_a_message_can_carry_it_then_it_is_one_file_of_all_its_seconds(clips, tmp_path):
    record(tmp_path, film(tmp_path / "film.mp4", 30), T0)
    lacks, files = cut(clips, T0 + 15.5)
    assert lacks == WHOLE
    assert len(files) == 1
    assert len(pictures(files[0])) == pytest.approx(20.5 * HZ, abs=1)


def test_clip_when_it_has_many_bits_then_all_its_seconds_come_in_parts(clips, tmp_path, monkeypatch):
    source = film(tmp_path / "film.mp4", 30)
    monkeypatch.setattr(parts, "MOST_PART_BYTES", source.stat().st_size // 5)
    record(tmp_path, source, T0)
    lacks, files = cut(clips, T0 + 15.5)
    assert lacks == WHOLE
    assert len(files) > 3
    assert max(file.stat().st_size for file in files) < source.stat().st_size // 4
    assert sum(len(pictures(file)) for file in files) == pytest.approx(20.5 * HZ, abs=1)


def test_clip_when_it_has_too_many_bits_then_it_is_shorter_and_that_is_told(clips, tmp_path, monkeypatch):
    source = film(tmp_path / "film.mp4", 30)
    monkeypatch.setattr(incident_clips, "MOST_BYTES", source.stat().st_size // 2)
    record(tmp_path, source, T0)
    lacks, files = cut(clips, T0 + 15.5)
    assert "only 10 s" in lacks[1]
    assert sum(len(pictures(file)) for file in files) == pytest.approx(10.5 * HZ, abs=1)
    monkeypatch.setattr(parts, "MOST_PART_BYTES", 100)
    lacks, _ = cut(clips, T0 + 15.5)
    assert "key frames" in lacks[1]


def test_clip_when_little_or_nothing_is_recorded_then_that_is_told_in_both_languages(clips, tmp_path):
    lacks, files = cut(clips, T0)
    assert (lacks[1].startswith("nothing of it is recorded. the camera is not recorded"), files) == (True, [])
    record(tmp_path, film(tmp_path / "film.mp4", 10), T0)
    lacks, files = cut(clips, T0)
    assert lacks[1] == "only 50 % of its 20 s are recorded"
    assert len(files) == 1
    told = say_lacking(CAMERA, EVENT, lacks)
    assert (told.noun, told.values) == ("clip.incomplete", {"event": EVENT, "what": lacks[1]})
    assert told.message_id == "Klip kejadian tidak lengkap: hanya 50 % dari 20 detik terekam"


@pytest.mark.parametrize("other", [{"size": (192, 112)}, {"codec": "mjpeg"}], ids=["size", "codec"])
def test_clip_when_the_coding_changes_in_it_then_every_picture_of_both_can_be_seen(clips, tmp_path, other):
    record(tmp_path, film(tmp_path / "one.mp4", 10), T0)
    record(tmp_path, film(tmp_path / "other.mp4", 10, **other), T0 + 10)
    lacks, files = cut(clips, T0 + 10)
    assert (lacks, len(files)) == (WHOLE, 2)
    assert [len(pictures(file)) for file in files] == pytest.approx([10 * HZ, 10 * HZ], abs=1)
    assert [set(pictures(file)) for file in files] == [{(160, 96)}, {other.get("size", (160, 96))}]


async def send(clips: IncidentClips, until: object) -> None:
    task = asyncio.create_task(clips.run())
    async with asyncio.timeout(20):
        while not until():
            await asyncio.sleep(0.01)
    task.cancel()


def test_clips_when_sent_then_one_at_a_time_and_a_restart_goes_on(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(film_sender, "LOOK_S", 0.01)
    monkeypatch.setattr(parts, "MOST_PART_BYTES", 200_000)
    outbox = clips.sender._store
    record(tmp_path, film(tmp_path / "film.mp4"), T0)
    _, files = cut(clips, T0 + 10)
    contents = [file.read_bytes() for file in files]
    assert len(files) > 2
    asyncio.run(send(clips, lambda: outbox.kept))
    assert len(outbox.kept) == 1, "the next waits for the receipt of this"
    again = IncidentClips(clips._archive, outbox.keep, outbox, Board(), Clock())
    outbox.confirmed = 10_000
    asyncio.run(send(again, lambda: not list(clips._archive.shelf.unsent_dir.iterdir())))
    assert [entry.payload for entry in outbox.kept] == contents, "what is in the outbox does not go there again"
    assert outbox.kept[0].meta == f"{EVENT} video/mp4 {hashlib.sha256(contents[0]).hexdigest()}"


@pytest.mark.parametrize("restarts", [False, True])
def test_film_when_the_outbox_drops_it_then_it_goes_again_and_none_before_it(clips, tmp_path, monkeypatch, restarts):
    monkeypatch.setattr(film_sender, "LOOK_S", 0.01)
    monkeypatch.setattr(memory, "ROOM_LOOK_S", 0.01)
    monkeypatch.setattr(parts, "MOST_PART_BYTES", 200_000)
    outbox, unsent = clips.sender._store, clips._archive.shelf.unsent_dir
    record(tmp_path, film(tmp_path / "film.mp4"), T0)
    _, files = cut(clips, T0 + 10)
    contents = [file.read_bytes() for file in files]
    again = IncidentClips(clips._archive, outbox.keep, outbox, Board(), Clock()) if restarts else clips
    waited = []

    def is_over() -> bool:
        if outbox.kept and not outbox.dropped:
            outbox.dropped, outbox.is_roomy = {1}, False
        if again.sender.waits.startswith("there is no room") and not waited:
            waited.append((len(outbox.kept), len(list(unsent.iterdir()))))
            outbox.is_roomy, outbox.confirmed = True, 10_000
        return not list(unsent.iterdir())

    if restarts:
        asyncio.run(send(clips, lambda: outbox.notes))
    asyncio.run(send(again, is_over))
    assert waited == [(1, len(files))], "it waits where it is"
    assert [entry.payload for entry in outbox.kept] == [contents[0], *contents]


def test_film_when_it_finds_no_room_for_long_then_those_behind_it_go_and_it_goes_when_there_is_some(
    tmp_path, monkeypatch
):
    for module, name, seconds in (
        (film_sender, "LOOK_S", 0.01),
        (film_sender, "NO_ROOM_S", 0.3),
        (film_sender, "ONE_LOOK_S", 0.02),
        (memory, "ROOM_LOOK_S", 0.05),
    ):
        monkeypatch.setattr(module, name, seconds)
    outbox = Outbox()
    outbox.most_bytes, outbox.confirmed = 1_500, 10_000
    shelf, films = shelf_of(tmp_path / "evidence", 3, unsent=range(3))
    for large in films[:2]:
        large.write_bytes(b"l" * 2_000)
    clips, asked = start(tmp_path, outbox), list[int]()
    lacks = outbox.lacks

    async def counted(size: int) -> Lack:
        asked.append(size)
        return await lacks(size)

    outbox.lacks = counted

    def is_over() -> bool:
        if len(names(shelf.unsent_dir)) == 2 and asked.count(2_000) > 16:
            outbox.most_bytes = 2_500
        return not names(shelf.unsent_dir)

    asyncio.run(send(clips, is_over))
    assert [len(entry.payload) for entry in outbox.kept] == [1_000] * 4 + [2_000] * 2
    assert (clips.sender.waits, clips.sender._passed_over) == ("", set())
    assert asked[:3] == [2_000] * 3, "it has its chance before those behind it"


def test_films_when_they_are_deleted_as_too_much_then_none_goes_into_the_outbox_meanwhile(tmp_path, monkeypatch):
    monkeypatch.setattr(film_sender, "LOOK_S", 0.01)
    outbox = Outbox()
    _, films = shelf_of(tmp_path / "evidence", 2, unsent=range(2))
    clips = start(tmp_path, outbox)
    tended = clips._archive.shelf
    tended.most_bytes, tend = 2_500, tended.tend

    def slowly(now_s: float, at_hand: str) -> list[Lost]:
        time.sleep(0.2)  # a slow disk
        return tend(now_s, at_hand)

    monkeypatch.setattr(tended, "tend", slowly)
    asyncio.run(send(clips, lambda: clips._board.told and outbox.kept))
    assert [one.values["event"] for one in clips._board.told] == [event_of(films[0].name)]
    assert [entry.meta.partition(" ")[0] for entry in outbox.kept] == [event_of(films[2].name)]


@pytest.mark.parametrize("noted", ["[", "{}", '["x"]', '["x", null]', "3", '["gone.mp4", 7]'])
def test_films_when_what_is_noted_of_the_outbox_is_spoilt_or_old_then_they_go_all_the_same(
    clips, tmp_path, monkeypatch, noted
):
    monkeypatch.setattr(film_sender, "LOOK_S", 0.01)
    outbox = clips.sender._store
    outbox.notes["film part"], outbox.confirmed = noted, 10_000
    record(tmp_path, film(tmp_path / "film.mp4", 5), T0)
    cut(clips, T0 + 2)
    asyncio.run(send(clips, lambda: outbox.kept and not list(clips._archive.shelf.unsent_dir.iterdir())))
    assert len(outbox.kept) == 1


def test_film_when_the_outbox_has_a_part_of_it_since_before_a_restart_then_that_is_no_lost_one(clips, tmp_path):
    record(tmp_path, film(tmp_path / "film.mp4", 5), T0)
    _, (part,) = cut(clips, T0 + 2)
    clips.sender._store.notes["film part"] = f'["{part.name}", 1]'
    clips._archive.shelf.most_bytes = 1
    outbox, board = clips.sender._store, Board()
    asyncio.run(IncidentClips(clips._archive, outbox.keep, outbox, board, Clock()).tend())
    assert (board.told, part.exists()) == ([], True)


class Hands(Clock):
    """A clock that is moved by hand."""

    def __init__(self, at_s: float) -> None:
        self.at_s = at_s

    def now_s(self) -> float:
        return self.at_s

    def monotonic_s(self) -> float:
        return self.at_s - T0


class Notes:
    """What outlives the process."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}

    async def note(self, key: str) -> str | None:
        return self.notes.get(key)

    async def set_note(self, key: str, value: str) -> None:
        self.notes[key] = value


class Board:
    """Where what is not whole is told."""

    def __init__(self) -> None:
        self.told: list[Notice] = []

    async def raise_event(self, notice: Notice) -> None:
        self.told.append(notice)


async def start_again(clips: IncidentClips, notes: Notes, at_s: float) -> Board:
    """Start with what is noted, and let the time pass in which films are made."""
    board, clock = Board(), Hands(at_s)
    films = DueFilms(CAMERA, clips, board, notes, clock)
    await films.recall()
    clock.at_s += 14
    await films.cut()
    assert not films
    return board


def test_film_when_the_power_goes_before_its_last_second_then_the_next_start_makes_it_of_what_is_there(clips, tmp_path):
    record(tmp_path, film(tmp_path / "film.mp4", 30), T0)
    notes, board, clock = Notes(), Board(), Hands(T0 + 15.5)

    async def until_the_power_goes() -> None:
        films = DueFilms(CAMERA, clips, board, notes, clock)
        await films.add(T0 + 15.5, EVENT)
        clock.at_s += 13
        await films.cut()

    asyncio.run(until_the_power_goes())
    assert not list(clips._archive.shelf.unsent_dir.iterdir()), "its last second is not recorded yet"
    assert asyncio.run(start_again(clips, notes, T0 + 600)).told == []
    (made,) = clips._archive.shelf.unsent_dir.iterdir()
    assert len(pictures(made)) == pytest.approx(20.5 * HZ, abs=1)
    made.unlink()
    assert asyncio.run(start_again(clips, notes, T0 + 700)).told == []
    assert not list(clips._archive.shelf.unsent_dir.iterdir()), "once is enough"


def test_film_when_the_box_died_in_it_then_what_it_lacks_is_told_at_the_next_start(clips, tmp_path):
    record(tmp_path, film(tmp_path / "film.mp4", 10), T0)
    notes = Notes()
    asyncio.run(DueFilms(CAMERA, clips, Board(), notes, Hands(T0)).add(T0, EVENT))
    (told,) = asyncio.run(start_again(clips, notes, T0 + 86_400)).told
    assert told.message_en == "The clip of an incident is not whole: only 50 % of its 20 s are recorded"
    assert told.values["event"] == EVENT
    assert len(list(clips._archive.shelf.unsent_dir.iterdir())) == 1


@pytest.mark.parametrize("noted", ["[", "[1]", '[["x", "y"]]', "{}"])
def test_films_when_the_note_is_spoilt_then_the_camera_starts_all_the_same(clips, noted):
    notes = Notes()
    notes.notes[f"films {CAMERA}"] = noted
    assert asyncio.run(start_again(clips, notes, T0)).told == []


def test_films_when_there_are_too_many_at_once_then_that_is_told_and_no_other_is_lost(clips):
    board, notes = Board(), Notes()
    films = DueFilms(CAMERA, clips, board, notes, Hands(T0))

    async def many() -> None:
        for number in range(due_films.WAITING_MAX + 1):
            await films.add(T0, f"{number}")

    asyncio.run(many())
    assert [one.values["event"] for one in board.told] == [f"{due_films.WAITING_MAX}"]
    assert len(films) == due_films.WAITING_MAX


def test_clips_when_the_outbox_refuses_then_they_wait_and_go_later(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(film_sender, "LOOK_S", 0.01)
    outbox = clips.sender._store
    outbox.refuses, outbox.confirmed = True, 10_000
    record(tmp_path, film(tmp_path / "film.mp4", 5), T0)
    cut(clips, T0 + 2)

    async def later() -> None:
        await asyncio.sleep(0.1)
        outbox.refuses = False

    async def both() -> None:
        await asyncio.gather(later(), send(clips, lambda: outbox.kept))

    asyncio.run(both())
    assert len(outbox.kept) == 1


def shelf_of(
    path: Path, count: int, *, unsent: range = range(0), each_min: float = 1.0
) -> tuple[ClipShelf, list[Path]]:
    """A shelf with films of two parts of 1,000 bytes each, a minute apart; those in `unsent` wait for the line."""
    shelf, films = ClipShelf(path, 90, 1e9), []
    for number in range(count):
        event = UUID(int=(round((T0 + 60 * each_min * number) * 1000) << 80) | (7 << 76) | (2 << 62) | number)
        for part in range(2):
            films.append(shelf.stem(str(event), CAMERA).with_name(f"{event}.{CAMERA}-00{part}.mp4"))
            films[-1].write_bytes(b"x" * 1_000)
            if number in unsent:
                shelf.offer(films[-1:])
    return shelf, films


def names(directory: Path) -> list[str]:
    return sorted(one.name for one in directory.glob("*.mp4"))


def test_films_when_there_are_too_many_then_the_oldest_that_the_room_has_go_first_and_nothing_is_told(tmp_path):
    shelf, films = shelf_of(tmp_path, 5, unsent=range(2))
    assert shelf.tend(T0) == []
    assert (len(names(tmp_path)), shelf.total_bytes) == (10, 10_000), "within the bound nothing goes"
    shelf.most_bytes = 6_500
    assert shelf.tend(T0) == []
    assert names(tmp_path) == [film.name for film in films[:4] + films[8:]]
    assert len(shelf.waiting()) == 4


def test_films_when_unsent_ones_alone_are_too_many_then_the_oldest_goes_whole_and_is_told_once(tmp_path):
    shelf, films = shelf_of(tmp_path, 4, unsent=range(1, 4))
    shelf.most_bytes = 4_500
    assert shelf.tend(T0) == [Lost(event_of(films[2].name), CAMERA, "much")]
    assert names(tmp_path) == [part.name for part in shelf.waiting()] == [film.name for film in films[4:]]
    assert shelf.tend(T0) == []
    shelf.most_bytes = 2_500
    assert shelf.tend(T0, at_hand=films[4].name) == [Lost(event_of(films[4].name), CAMERA, "much")]
    left = [films[4], *films[6:]]
    assert names(tmp_path) == [film.name for film in left], "what the outbox has may have to go there again"


def test_films_when_they_are_old_then_one_goes_at_a_time_however_the_clock_is_set(tmp_path):
    shelf, films = shelf_of(tmp_path, 4, unsent=range(3, 4), each_min=1_440)
    assert shelf.tend(T0 + 90 * 86_400) == []
    assert shelf.tend(T0 + 91.5 * 86_400) == []
    assert names(tmp_path) == [film.name for film in films[2:]]
    shelf.tend(T0 + 9_000 * 86_400)
    assert names(tmp_path) == [film.name for film in films[4:]]
    shelf.tend(T0 + 9_000 * 86_400)
    assert shelf.tend(T0 + 9_000 * 86_400) == [Lost(event_of(films[6].name), CAMERA, "old")]
    assert names(tmp_path) == shelf.waiting() == []


def test_films_when_they_have_names_of_before_then_they_are_bounded_all_the_same(tmp_path):
    shelf = ClipShelf(tmp_path, 90, 1_500)
    for number in range(3):
        film = tmp_path / f"01a203e9-b9a6-773d-ac3d-e7b912ec3ca{number}-000.mp4"
        film.write_bytes(b"x" * 1_000)
        shelf.offer([film])
    assert [(one.event_id[-1], one.asset) for one in shelf.tend(T0)] == [("0", ""), ("1", "")]
    assert len(names(tmp_path)) == 1


def test_films_when_the_disk_knows_no_second_names_then_what_waits_counts_twice(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    shelf, _ = shelf_of(tmp_path, 2, unsent=range(2))
    shelf.tend(T0)
    assert (shelf.total_bytes, len(shelf.waiting())) == (8_000, 4)


def test_film_when_it_is_deleted_before_it_was_sent_then_the_room_is_told_in_both_languages(clips, tmp_path):
    record(tmp_path, film(tmp_path / "film.mp4", 30), T0)
    clips._archive.shelf.most_bytes = 100
    lacks, files = cut(clips, T0 + 15.5)
    assert (lacks, files) == (WHOLE, [])
    (told,) = clips._board.told
    assert (told.noun, told.asset, told.values["event"]) == ("clip.incomplete", CAMERA, EVENT)
    assert told.message_id == (
        "Klip kejadian tidak lengkap: dihapus sebelum terkirim: klip lebih dari 1e-07 GB;"
        " lihat vision.recording.evidence_gigabytes"
    )
    assert "it was deleted before it was sent" in told.message_en


def test_films_when_the_agent_runs_then_old_ones_go_without_a_new_one(clips, monkeypatch):
    shelf = clips._archive.shelf
    old = shelf.stem(EVENT, CAMERA).with_name(f"{EVENT}.{CAMERA}-000.mp4")
    old.write_bytes(b"x")
    shelf.offer([old])
    shelf.days = -1_000.0
    monkeypatch.setattr(clips.sender, "run", asyncio.Event().wait)
    asyncio.run(send(clips, lambda: clips._board.told))
    assert "after -1000 days" in clips._board.told[0].message_en
    assert names(shelf.unsent_dir) == []


MASK = [(0.0, 0.0), (0.5, 0.0), (0.5, 0.5)]


def start(path: Path, outbox: Outbox, *masks: list[tuple[float, float]], is_recorded: bool = True) -> IncidentClips:
    """Start a box whose one camera has masks."""
    archive = Archive(path, Bounds(), sink=None, clock=Clock(), pulse=None)
    if is_recorded:
        archive.admit(CAMERA, lambda *_: None, masks)
    else:
        archive.mask(CAMERA, masks)
    return IncidentClips(archive, outbox.keep, outbox, Board(), Hands(T0 + 200))


@pytest.mark.parametrize("is_recorded", [True, False])
def test_films_when_masks_are_set_then_those_of_before_are_never_sent_and_told_once(tmp_path, monkeypatch, is_recorded):
    monkeypatch.setattr(film_sender, "LOOK_S", 0.01)
    record(tmp_path, film(tmp_path / "film.mp4", 5), T0 + 130)  # the last that was recorded ends at T0 + 135
    outbox = Outbox()
    shelf, films = shelf_of(tmp_path / "evidence", 4, unsent=range(4))  # at T0, and each minute after
    strange = shelf.stem(event_of(films[0].name), "TD-01.cam-2").with_name(f"{EVENT}.TD-01.cam-2-000.mp4")
    strange.write_bytes(b"y")
    shelf.offer([strange])
    outbox.notes["film part"] = f'["{films[0].name}", 7]'
    clips = start(tmp_path, outbox, MASK, is_recorded=is_recorded)
    assert [part.name for part in clips._archive.shelf.waiting()] == [*(one.name for one in films[6:]), strange.name]
    outbox.confirmed = 10_000
    asyncio.run(send(clips, lambda: not names(shelf.unsent_dir) and clips._board.told))
    assert (outbox.deleted, [len(entry.payload) for entry in outbox.kept]) == ([7], [1_000, 1_000, 1])
    assert [one.values["event"] for one in clips._board.told] == [event_of(one.name) for one in films[:6:2]]
    assert "sebelum masks kamera ini dipasang" in clips._board.told[0].message_id
    assert "before this camera's masks were set" in clips._board.told[0].message_en
    assert films[0].exists(), "it stays at the box until it is old"
    again = start(tmp_path, outbox, MASK, is_recorded=is_recorded)
    asyncio.run(again.tend())
    assert (again._archive.shelf.waiting(), again._board.told) == ([], [])


def test_film_when_it_is_cut_after_masks_were_set_of_an_incident_just_before_then_it_is_sent(tmp_path, monkeypatch):
    monkeypatch.setattr(film_sender, "LOOK_S", 0.01)
    record(tmp_path, film(tmp_path / "film.mp4", 5), T0)
    outbox = Outbox()
    clips = start(tmp_path, outbox, MASK)
    record(tmp_path, tmp_path / "film.mp4", T0 + 6)
    event = str(UUID(int=(round((T0 + 4) * 1000) << 80) | (7 << 76) | (2 << 62)))
    lacks = asyncio.run(clips.cut(CAMERA, T0 + 4, event))
    (part,) = clips._archive.shelf.waiting()
    assert (lacks[1].startswith("only 2"), len(pictures(part))) == (True, 5 * HZ)
    outbox.confirmed = 10_000
    asyncio.run(send(clips, lambda: not names(clips._archive.shelf.unsent_dir)))
    assert (len(outbox.kept), clips._board.told) == (1, [])


def test_films_when_masks_are_set_and_the_disk_refuses_then_those_of_before_are_not_sent_all_the_same(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(film_sender, "LOOK_S", 0.01)
    record(tmp_path, film(tmp_path / "film.mp4", 5), T0 + 130)
    outbox = Outbox()
    shelf, _ = shelf_of(tmp_path / "evidence", 1, unsent=range(1))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "read-only")

    monkeypatch.setattr(Path, "unlink", refuse)
    clips = start(tmp_path, outbox, MASK)
    asyncio.run(send(clips, lambda: clips._board.told))
    assert (len(names(shelf.unsent_dir)), outbox.kept) == (2, [])


def test_camera_when_it_gets_masks_and_is_no_longer_recorded_then_its_films_of_before_are_taken_back(tmp_path):
    record(tmp_path / "vision", film(tmp_path / "film.mp4", 5), T0 + 10)
    shelf, films = shelf_of(tmp_path / "vision" / "evidence", 1, unsent=range(1))

    async def start_it() -> StillBox:
        box = StillBox(tmp_path, {"film part": f'["{films[0].name}", 7]'}, masks=[[list(corner) for corner in MASK]])
        await box.station.withhold()
        return box

    box = asyncio.run(start_it())
    assert (names(shelf.unsent_dir), box.notes["film part"], box.taken_back) == ([], '["", 0]', [7])


def test_films_when_their_camera_is_left_out_of_the_site_file_then_they_wait_until_it_is_in_it_again(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(film_sender, "LOOK_S", 0.01)
    root, other, notes = tmp_path / "vision", "TD-01.cam-2", {}
    shelf, (theirs, *_) = shelf_of(root / "evidence", 1, unsent=range(1))
    mine = [shelf.stem(EVENT, other).with_name(f"{EVENT}.{other}-00{part}.mp4") for part in range(2)]
    for part in mine:
        part.write_bytes(b"y")
    shelf.offer(mine)
    wrong = LeftOut(other, "TD-01-a", is_whole=True, whys=(Reason("masks salah", "masks are wrong"),))

    async def start_it(*left_out: LeftOut) -> StillBox:
        box = StillBox(tmp_path, notes, left_out=left_out)
        await box.station.withhold()
        return box

    notes["film part"] = f'["{mine[0].name}", 7]'
    box = asyncio.run(start_it(wrong))
    assert (notes["film part"], box.taken_back) == ('["", 0]', [7])
    assert {part.name[:36] for part in box.station.archive.shelf.waiting()} == {event_of(theirs.name)}
    assert len(names(shelf.unsent_dir)) == 4
    assert box.station.archive.shelf.tend(T0 + 200) == []
    assert len(asyncio.run(start_it()).station.archive.shelf.waiting()) == 4
