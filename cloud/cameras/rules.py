"""The rules by which the room refuses what is asked of a camera, each with a sentence in Indonesian and in English.

Those of every request are in `cloud/requests/rules.py`. The box has rules of its own (gone, too large, not recorded);
its sentences are passed on as they come.
"""

from cloud import errors
from cloud.signals.rules import (
    Rule,
    RuledForbidden,
    RuledInvalid,
    RuledNotFound,
    RuledRefused,
    RuledTooMany,
    RuledUnauthenticated,
    RuledUnavailable,
)

_KINDS: dict[type[errors.Ruled], tuple[Rule, ...]] = {
    RuledNotFound: (
        Rule("unknown_clip", "Tidak ada klip {clip}.", "There is no clip {clip}; /v1/clips lists them."),
        Rule("unknown_box", "{box} belum pernah mengirim klip.", "Box {box} has never sent a clip."),
        Rule(
            "unknown_upload",
            "Kiriman ini belum dimulai, atau sudah dibuang karena sehari tidak bertambah; mulai lagi dengan POST.",
            "This upload was not begun, or was thrown away because it had not grown for a day; begin it again by POST.",
        ),
    ),
    RuledUnauthenticated: (
        Rule(
            "box_proof_missing",
            "Ini hanya untuk kotak, dengan bukti dari sertifikatnya: header `Authorization: Box …`.",
            "This is for boxes only, with a proof by their certificate: header `Authorization: Box …`.",
        ),
        Rule(
            "box_proof",
            "Bukti ini tidak ditandatangani dengan kunci sertifikatnya, atau bukan untuk ini; perbarui agen kotak.",
            "This proof is not signed with its certificate's key, or is for another request; update the box's agent.",
        ),
        Rule(
            "box_certificate",
            "Sertifikat kotak ini tidak berlaku (lagi) di sini; terbitkan yang baru: `satulayar-provision`.",
            "This box's certificate is not valid here (any more); issue a new one: `satulayar-provision`.",
        ),
        Rule(
            "box_clock",
            "Jam kotak ini meleset; di ruang kini {now} UTC. Setel jamnya (NTP), lalu minta klip itu lagi.",
            "This box's clock is off; here it is {now} UTC. Set it (NTP), then ask for the clip again.",
        ),
    ),
    RuledForbidden: (
        Rule(
            "upload_not_asked",
            "Klip ini tidak pernah diminta dari {box}, atau lebih dari seminggu yang lalu; minta lagi dari ruang.",
            "Nobody asked {box} for this clip, or more than a week ago; ask for it again in the room.",
        ),
        Rule(
            "upload_quota",
            "{box} sudah mengirim bukti sebanyak jatah sehari ({megabytes} MB); minta lagi besok, atau lebih pendek.",
            "{box} has sent as much evidence as it may in a day ({megabytes} MB); ask again tomorrow, or for less.",
        ),
    ),
    RuledRefused: (
        Rule("live_refused", "{told_id}", "{told_en}"),  # in the box's own words
        Rule(
            "upload_offset",
            "Sudah ada {taken} byte, bukan {offset}; tanyakan dengan HEAD dan lanjutkan dari sana.",
            "{taken} bytes are here, not {offset}; ask by HEAD and go on from there.",
        ),
    ),
    RuledUnavailable: (
        Rule(
            "no_uploads",
            "Ruang ini tidak menerima klip lewat HTTPS: setel SATULAYAR_API_BOX_CA_FILE, atau kirim lewat MQTT.",
            "This room takes no clips by HTTPS: set SATULAYAR_API_BOX_CA_FILE, or send them by MQTT.",
        ),
    ),
    RuledInvalid: (
        Rule(
            "upload_too_large",
            "Bagian klip sebesar {bytes} byte terlalu besar; paling banyak {limit}. Potong lebih pendek.",
            "A part of {bytes} bytes is too large; at most {limit}. Cut it shorter.",
        ),
        Rule(
            "upload_too_long",
            "{bytes} byte lebih dari {length} yang diumumkan; mulai lagi dengan panjang yang benar.",
            "{bytes} bytes are more than the {length} that were announced; begin again with the right length.",
        ),
        Rule(
            "upload_too_small",
            "Potongan harus paling sedikit {least} byte, kecuali yang terakhir.",
            "A piece must have at least {least} bytes, but for the last one.",
        ),
        Rule(
            "upload_digest",
            "Isi yang datang bukan MP4 dengan SHA-256 yang diumumkan; tidak ada yang disimpan. Kirim lagi dari awal.",
            "What came is no MP4 with the SHA-256 that was announced; nothing of it is kept. Send it again.",
        ),
        Rule(
            "upload_metadata",
            "Upload-Metadata harus memuat event, command (UUID) dan sha256 (64 digit heksadesimal), dalam base64.",
            "Upload-Metadata must have event, command (UUIDs) and sha256 (64 hexadecimal digits), each in base64.",
        ),
        Rule("upload_type", "Content-Type harus {wanted}.", "Content-Type must be {wanted}."),
        Rule(
            "future",
            "Rentang itu belum berakhir; minta lagi setelah {until} WIB.",
            "That span is not over yet; ask again after {until} WIB.",
        ),
    ),
    RuledTooMany: (
        Rule(
            "too_many_uploads",
            "Kotak ini sudah mengirim {count} bagian sekaligus; selesaikan satu dahulu.",
            "This box is sending {count} parts at once; finish one first.",
        ),
        Rule(
            "too_many_wait",
            "Terlalu banyak kamera ditonton langsung; coba lagi sebentar.",
            "Too many cameras are watched live; try again in a moment.",
        ),
    ),
}
REFUSALS = {rule.code: (kind, rule) for kind, rules in _KINDS.items() for rule in rules}


def refusal(code: str, **values: object) -> errors.Ruled:
    """Make the error of a broken rule, to be raised."""
    kind, rule = REFUSALS[code]
    return kind(code, rule.text_id.format(**values), rule.text_en.format(**values))
