"""Why something of a camera is not as it should be: sentences for logs in English, for the operator in Indonesian, too.

A reason is a text, the English one, that knows how it is said in Indonesian. So it goes where texts go (logs, health,
events), and who tells it to people asks for both. Whatever is put into one must be fit to be read: never an address.
"""

import errno
import os
import socket
from collections.abc import Sequence
from typing import Self

_WORDS: dict[str, tuple[str, str]] = {
    # Of a stream.
    "not_yet": ("belum menjawab", "it has not answered yet"),
    "nothing": (
        "tidak ada yang datang; periksa daya, kabel dan jaringan kamera",
        "nothing comes; check the camera's power, cable and network",
    ),
    "login": (
        "kamera menolak nama atau sandi; lihat credentials_variable",
        "the camera refuses the credentials; see credentials_variable",
    ),
    "forbidden": (
        "kamera melarangnya bagi pengguna ini; beri dia izin menonton di kamera",
        "the camera forbids it to this user; allow him to watch, in the camera",
    ),
    "no_stream": (
        "kamera tidak punya aliran di alamat ini; periksa jalur sub dan main di berkas situs",
        "the camera has no stream of this address; check the path of sub and main in the site file",
    ),
    "nobody_listens": (
        "tidak ada yang menerima sambungan di alamat ini; periksa alamat dan port, dan apakah RTSP kamera menyala",
        "nobody listens at this address; check address and port, and that the camera's RTSP is on",
    ),
    "nothing_came": (
        "tidak ada yang datang selama {seconds:.0f} detik; periksa daya, kabel dan jaringan kamera",
        "nothing came for {seconds:.0f} s; check the camera's power, cable and network",
    ),
    "ended": (
        "kamera mengakhiri aliran; jika berulang, kurangi penontonnya atau mulai ulang kamera",
        "the camera ended the stream; where it does so again, have fewer watch it or restart it",
    ),
    "not_able": (
        "kamera sedang tidak dapat mengirim aliran; kurangi penontonnya atau mulai ulang kamera",
        "the camera is not able to serve the stream now; have fewer watch it or restart it",
    ),
    "not_video": (
        "yang datang bukan video; periksa alamatnya, dan setel kamera ke H.264",
        "what comes is no video; check its address, and set the camera to H.264",
    ),
    "broke_off": (
        "sambungan putus, atau tidak ada gambar yang datang; periksa daya, kabel dan jaringan kamera",
        "the connection broke off, or no picture came; check the camera's power, cable and network",
    ),
    "no_pictures": (
        "tidak mengirim gambar, hanya yang lain; nyalakan video aliran ini di kamera, atau mulai ulang kamera",
        "sends no pictures, only something else; turn this stream's video on in the camera, or restart it",
    ),
    "no_video": (
        "tidak punya video; nyalakan video aliran ini di kamera, atau periksa alamatnya",
        "has no video; turn this stream's video on in the camera, or check its address",
    ),
    "codec": ("mengirim {codec}; setel kamera ke H.264", "sends {codec}; set the camera to H.264"),
    "coding": (
        "mengirim kode lain dari {codec} yang diumumkan; setel kamera ke H.264 dan mulai ulang kamera",
        "sends another coding than the {codec} that it announced; set the camera to H.264 and restart it",
    ),
    "unknown_codec": ("kode yang tidak dikenal", "an unknown codec"),
    "size": (
        "mengirim {size} piksel; setel aliran ini ke 640x360",
        "sends {size} pixels; set this stream to 640x360",
    ),
    "undecoded": (
        "kirimannya tidak dapat dibaca sebagai gambar; setel kamera ke H.264 dengan bingkai kunci tiap 2 detik",
        "what it sends cannot be decoded; set the camera to H.264 with a key frame each 2 s",
    ),
    "no_whole": (
        "dari {packets} paket dalam {seconds:.0f} detik tidak ada gambar utuh: periksa jaringan dan bingkai kunci",
        "of {packets} packets within {seconds:.0f} s came no whole picture: check the network, and the key frames",
    ),
    "withheld": (
        (
            "kamera bergeser atau menunjukkan hal lain, jadi area yang disamarkan tidak pada tempatnya;"
            " gambarnya ditahan sampai kamera diarahkan kembali atau masks di berkas situs digambar ulang"
        ),
        (
            "it was turned or shows something else, so its masks are not where they belong; its pictures are withheld"
            " until it is turned back, or masks in the site file are drawn anew"
        ),
    ),
    "stutter": (
        (
            "tersendat, {count} jeda dalam {seconds:.0f} detik, terlama {longest:.1f} detik; periksa kabel, jaringan"
            " dan daya kamera, atau turunkan bit rate-nya"
        ),
        (
            "it stutters, {count} gaps in {seconds:.0f} s, the longest {longest:.1f} s; check the camera's cable,"
            " network and power, or lower its bit rate"
        ),
    ),
    "broken": (
        "{share:.0f} % rusak saat tiba; periksa kabel dan jaringan kamera, dan setel transport ke tcp",
        "{share:.0f} % of them arrive damaged; check the camera's cable and network, and set transport to tcp",
    ),
    "rate": (
        "{rate:.1f} dari {wanted:g} tiap detik; setel laju gambar aliran ini ke {wanted:g} atau lebih",
        "{rate:.1f} of {wanted:g} a second; set this stream's frame rate to {wanted:g} or more",
    ),
    "clock_off": (
        "{seconds:.1f} detik; setel jam kamera lewat server NTP",
        "{seconds:.1f} s; have the camera set its clock by an NTP server",
    ),
    "agent_failed": ("agen gagal; lihat lognya", "the agent failed on it; see its log"),
    # Of a recording.
    "not_begun": ("belum mulai", "it has not begun yet"),
    "not_recorded": (
        "kamera ini tidak direkam; beri main di berkas situs",
        "the camera is not recorded; give it main in the site file",
    ),
    "disk": (
        "disk: {what}; periksa disk kotak ini",
        "disk: {what}; check this box's disk",
    ),
    "no_room": (
        "disk: tidak ada tempat lagi; lihat recording di berkas situs",
        "disk: there is no room left; see recording in the site file",
    ),
    "no_key": (
        "tidak ada bingkai kunci atau waktu; setel kamera ke bingkai kunci tiap 2 detik",
        "no key frames come, or no times; set the camera to one key frame each 2 s",
    ),
    "not_mp4": (
        "aliran ini tidak muat dalam MP4: {what}; setel aliran utama kamera ke H.264",
        "the stream does not fit into MP4: {what}; set the camera's main stream to H.264",
    ),
    # Of a calibration.
    "off_plane": (
        "calibration[{number}]: meleset {metres:.1f} m dari bidang titik lainnya: ukur lagi",
        "calibration[{number}]: lies {metres:.1f} m off the plane of the others: measure it again",
    ),
    "swapped": (
        "calibration: urutan titiknya lain di tanah: dua di antaranya tertukar; tukar kembali",
        "calibration: the pairs go round differently on the ground: two are swapped; swap them back",
    ),
    "no_plane": (
        "calibration: pasangannya tidak menentukan bidang: pilih titik yang lebih berjauhan",
        "calibration: the pairs fix no plane: choose points wider apart",
    ),
    # Of what is to be sent.
    "outbox_full": (
        (
            "belum ada tempat di antrean kirim kotak ini, penuh dengan yang belum terkirim; periksa sambungan ke ruang,"
            " hanya lewat itu isinya berkurang"
        ),
        (
            "there is no room yet in this box's outbox, full of what is not sent yet; check the line to the room,"
            " only by that it empties"
        ),
    ),
    "outbox_short": (
        "belum ada tempat di antrean kirim kotak ini, karena disknya hampir penuh; kosongkan sebagian di outbox_dir",
        "there is no room yet in this box's outbox, for its disk is nearly full; free some space under outbox_dir",
    ),
    "outbox_dropped": (
        "antrean kirim kotak ini membuangnya sebelum sampai; dikirim lagi bila ada tempat",
        "this box's outbox dropped it before it arrived; it is sent again once there is room",
    ),
    # Of the room, by HTTPS.
    "not_the_room": (
        "yang menjawab HTTP {status} di sana bukan ruang Satulayar; periksa clips.room di berkas situs",
        "what answers HTTP {status} there is no Satulayar room; check clips.room in the site file",
    ),
    "not_http": (
        "yang menjawab di sana tidak berbicara HTTP: {what}; periksa clips.room di berkas situs",
        "what answers there speaks no HTTP: {what}; check clips.room in the site file",
    ),
    "tls": (
        "sambungan TLS gagal: {what}; periksa sertifikat, dan clips.room di berkas situs",
        "{what}; check the certificates, and clips.room in the site file",
    ),
    # Of looking.
    "late": (
        (
            "gambar sudah lama saat tiba gilirannya: kotak terlalu lambat, atau waktu kamera salah; turunkan detect_hz,"
            " atau mulai ulang kamera"
        ),
        (
            "its pictures are old when their turn comes: the box is too slow, or the camera's times are wrong; lower"
            " detect_hz, or restart the camera"
        ),
    ),
    "missed": (
        "model pengenal tidak pernah bebas: kamera di kotak ini terlalu banyak; kurangi, atau turunkan detect_hz",
        "the detector is never free for them: the box has too many cameras; give it fewer, or lower detect_hz",
    ),
    "deep": ("dalam", "deep"),
    "shallow": ("dangkal", "shallow"),
    # Of a model.
    "model": ("model {name}: {what}", "model {name}: {what}"),
    "model_missing": ("{what}; lihat detector.model", "{what}; see detector.model"),
    "model_bytes": (
        "{size} byte; pakai model dengan paling banyak {most}",
        "{size} bytes; use a model of at most {most}",
    ),
    "model_form": (
        "bukan model TFLite: byte 4 sampai 8 bukan {wanted}; lihat detector.model",
        "is no TFLite model: bytes 4 to 8 are not {wanted}; see detector.model",
    ),
    "model_cut": ("terpotong: salin lagi", "is cut off: copy it again"),
    "model_runs": ("tidak berjalan: {what}; pakai model lain", "it does not run: {what}; use another model"),
    "model_refused": (
        "ditolak oleh runtime: {what}; pakai model lain",
        "the runtime refuses it: {what}; use another model",
    ),
    "model_tried": ("gagal saat dicoba: {what}; pakai model lain", "{what}; use another model"),
    "model_damaged": (
        "tidak berjalan; berkasnya rusak: salin lagi",
        "it does not run; the file is damaged: copy it again",
    ),
    "model_hangs": (
        "tidak selesai dalam {seconds:.0f} detik; berkasnya rusak: salin lagi",
        "it does not come back within {seconds:.0f} s; the file is damaged: copy it again",
    ),
    "model_kills": (
        "mengakhiri proses yang menjalankannya ({signal}); berkasnya rusak: salin lagi",
        "it ends the process that runs it ({signal}); the file is damaged: copy it again",
    ),
    "model_untried": ("tidak dapat dicoba: {what}; mulai ulang kotak", "it cannot be tried: {what}; restart the box"),
    "no_runtime": (
        "tidak ada runtime TFLite: pasang extra tflite-runtime atau litert di samping vision",
        "no TFLite runtime: install the extra tflite-runtime or litert beside vision",
    ),
    "input_shape": (
        "masukannya {shape}: perlu satu gambar 1xHxWx3",
        "its input is {shape}: one picture 1xHxWx3 is wanted",
    ),
    "input_size": (
        "masukannya {size} px: perlu {least} sampai {most}",
        "its input is {size} px: {least} to {most} are taken",
    ),
    "input_type": (
        "masukannya {kind}: perlu uint8, int8 atau float32",
        "its input is {kind}: uint8, int8 or float32 is wanted",
    ),
    "outputs": (
        "keluarannya {shapes}: perlu {standard}, atau pusat 1xHxWx{labels} (sebanyak label), bentuk 1xHxWx4",
        "its outputs are {shapes}: wanted {standard}, or centres 1xHxWx{labels} (as many as labels), shapes 1xHxWx4",
    ),
    "no_states": (
        "{states} keadaan dinamai, dan tidak ada keluaran berbentuk 1x{states}; periksa berkas .states.txt",
        "{states} scene states are named, and no output has the shape 1x{states}; check the file .states.txt",
    ),
    "no_classes": (
        "dari keluaran 1xN tidak ada yang memberi kelas (0, 1, 2 ...) di samping nilai 0 sampai 1; pakai model lain",
        "of its outputs 1xN none gives classes (0, 1, 2 ...) beside scores of 0 to 1; use another model",
    ),
    "labels": (
        "label {path}: tidak terbaca sebagai teks: {what}; lihat detector.labels",
        "labels {path}: cannot be read as text: {what}; see detector.labels",
    ),
    "strange_label": (
        "detector.classes menyebut {label!r}, yang bukan labelnya; periksa berkas label",
        "detector.classes names {label!r}, which is no label of it; check the file of labels",
    ),
    "few_labels": (
        "memberi label {label}, padahal berkas labelnya hanya menamai {count}; temuan itu dilewati: lengkapi berkasnya",
        "it tells label {label}, but its labels file names only {count}; such finds are left out: complete that file",
    ),
    "no_label": (
        "tidak ada labelnya yang termasuk {classes}: tulis di detector.classes yang mana itu apa",
        "none of its labels is one of {classes}: say in detector.classes which is which",
    ),
}
_SYSTEM = {  # what the system says of a line or a disk, as far as it happens
    errno.EHOSTUNREACH: "tidak ada jalan ke alamat ini",
    errno.ENETUNREACH: "jaringan tidak terjangkau",
    errno.ECONNRESET: "sambungan diputus dari sana",
    errno.ECONNREFUSED: "tidak ada yang menerima sambungan",
    errno.EPIPE: "sambungan diputus dari sana",
    errno.ETIMEDOUT: "tidak ada jawaban",
    errno.ENOSPC: "penuh",
    errno.EROFS: "hanya dapat dibaca",
    errno.EIO: "tidak dapat dibaca atau ditulis",
    errno.EACCES: "tidak diizinkan",
    errno.ENOENT: "berkas tidak ada",
    socket.EAI_NONAME: "nama ini tidak dikenal",
    socket.EAI_AGAIN: "nama ini sekarang tidak dapat dicari",
}
_UNNUMBERED = {TimeoutError: errno.ETIMEDOUT, ConnectionResetError: errno.ECONNRESET}  # a library's own have no number


class Reason(str):
    """A reason: the English text.

    Attributes:
        id: the same in Indonesian.
    """

    __slots__ = ("id",)
    id: str

    def __new__(cls, text_id: str, text_en: str) -> Self:
        """Make one of both texts."""
        made = super().__new__(cls, text_en)
        made.id = text_id
        return made

    def at(self, place: str) -> "Reason":
        """Say where it is so: host and port."""
        return Reason(f"{place}: {self.id}", f"{place}: {self}")


def because(key: str, **values: object) -> Reason:
    """Say why.

    Args:
        key: of the table.
        values: figures and names in it; reasons among them are said in its language.
    """
    text_id, text_en = _WORDS[key]
    return Reason(
        text_id.format(**{name: in_indonesian(value) for name, value in values.items()}), text_en.format(**values)
    )


def listed(reasons: Sequence[Reason]) -> Reason:
    """Say several in one."""
    return Reason("; ".join(one.id for one in reasons), "; ".join(reasons))


def reason_of(error: BaseException) -> Reason:
    """Give why an error was raised; what was raised with plain words is told by them in both languages."""
    why = error.args[0] if error.args else None
    return why if isinstance(why, Reason) else Reason(str(error), str(error))


def system_reason(error: OSError) -> Reason:
    """Say what the system says."""
    text = error.strerror or (os.strerror(error.errno) if error.errno else "") or str(error) or type(error).__name__
    by_class = (number for kind, number in _UNNUMBERED.items() if isinstance(error, kind))
    return Reason(_SYSTEM.get(next(by_class, error.errno or 0), text), text)


def in_indonesian(value: object) -> object:
    """Give what is said of a value in Indonesian: of a reason its own words, of anything else itself."""
    return value.id if isinstance(value, Reason) else value
