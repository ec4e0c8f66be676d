"""What the office adds to a box's own report: does the box know all that the files say, and what did people try?

The box judges itself by the site file of its parcel (`edge/checklist.py`); a parcel may be older than the files.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from edge.contract.commissioning import Check, Document
from provisioning.claims import Claim
from provisioning.desired import Site
from provisioning.desired_checks import box_of

_TRY = {
    "siren": ("Bunyikan sirene dengan tangan dan dengarkan.", "Sound the siren by hand and listen."),
    "lamp": ("Nyalakan lampu dengan tangan dan lihat.", "Switch the lamps on by hand and look."),
    "camera": (
        "Lihat gambar kamera: arah, fokus, kaca bersih.",
        "Look at the camera's picture: aim, focus, clean glass.",
    ),
}
_LEAST_DIGITS = 4
_TRIED = {
    None: ("belum diuji siapa pun", "nobody has tried it"),
    True: ("berfungsi", "as it should"),
    False: ("gagal", "failed"),
}


def compare(site: Site, box: str, document: Document) -> Iterator[Check]:
    """Check that a box knows every asset that the files give it, and is at the right site."""
    known = {check.name.partition(" ")[2] for check in document.checks if check.name.startswith(("asset ", "camera "))}
    wanted = [asset.code for asset in site.assets if box_of(site, asset) == box]
    parts = [(part.code, part.box) for part in site.controllers] + [(part.code, part.box) for part in site.cameras]
    wanted += [code for code, of in parts if (of or site.boxes[0].name) == box]
    told_one_by_one = not any(check.name == "everything else" for check in document.checks)
    missing = sorted(set(wanted) - known) if told_one_by_one else []
    yield _check(
        "site file",
        document.site == site.code and not missing,
        _both("tanpa {}", "without {}", ", ".join(missing)[:480]) if missing else document.site,
        f"Berkas lokasi di kotak sudah lama: tulis parcel baru untuk {box} dan pasang.",
        f"The box's site file is old: write a new parcel for {box} and put it in.",
    )


def judge_claim(standing: Claim | Literal["unknown"] | None, document: Document, uuid: str) -> Check:
    """Check that a computer is bound to the slot, and that it is this one where it says which it is.

    Args:
        standing: the claim; None where nobody claimed the slot, "unknown" where there was no way to ask the centre.
        document: what the box says of itself.
        uuid: that balena knows the slot's computer by.
    """
    if standing == "unknown":
        said = "tidak ditanyakan: dari sini tidak ada jalan ke pusat", "not asked: no line to the centre from here"
        return _check("claim", passed=True, measured=said, remedy_id="", remedy_en="")
    if standing is None:
        return _check(
            "claim",
            passed=False,
            measured=("belum ada yang mengklaim kotak ini", "nobody claimed this slot"),
            remedy_id="Pindai label kotak dengan halaman kru, atau: satulayar-provision claim.",
            remedy_en="Scan the box's label with the crew page, or: satulayar-provision claim.",
        )
    who, told = f"{standing.hardware}, {standing.claimed_by}", document.serial or document.hardware_id
    numbers = [number for number in (document.serial, document.hardware_id) if number]
    # Most claims are by serial number, which a computer that tells only its uuid can neither confirm nor deny.
    is_untold = not document.serial and document.hardware_id in ("", uuid)
    return _check(
        "claim",
        passed=is_untold or any(_is_same(standing.hardware, number) for number in numbers),
        measured=_both("{}; kotak berkata {}", "{}; the box says {}", who, told[:16]) if told else who,
        remedy_id="Komputer lain yang diklaim untuk kotak ini: periksa label dan nomor serinya.",
        remedy_en="Another computer was claimed for this slot: check the label and its serial number.",
    )


def _is_same(claimed: str, told: str) -> bool:
    """Tell whether two numbers are of one computer: people type the beginning of a long one, in any case."""
    shorter, longer = sorted((claimed.strip().casefold(), told.casefold()), key=len)
    return len(shorter) >= _LEAST_DIGITS and longer.startswith(shorter)


def judge_exercises(document: Document, tried: Mapping[str, bool]) -> Iterator[Check]:
    """Say what a person tried by hand, and how it went.

    Args:
        document: names what must be tried.
        tried: by asset, whether it did what it should; what is not in it was not tried.
    """
    for exercise in document.exercises:
        went = tried.get(exercise.asset)
        yield _check(f"{exercise.kind} {exercise.asset} by hand", went is True, _TRIED[went], *_TRY[exercise.kind])


def _both(text_id: str, text_en: str, *values: str) -> tuple[str, str]:
    """Say the same in Indonesian and English."""
    return text_id.format(*values), text_en.format(*values)


def _check(name: str, passed: bool, measured: str | tuple[str, str], remedy_id: str, remedy_en: str) -> Check:  # noqa: FBT001 - as in the report
    said_id, said = ("", measured) if isinstance(measured, str) else measured
    remedies = ("", "") if passed else (remedy_id, remedy_en)
    return Check(
        name=name,
        passed=passed,
        measured=said,
        measured_id=said_id,
        remedy_id=remedies[0],
        remedy_en=remedies[1],
    )
