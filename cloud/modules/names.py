"""Names of persons in columns that nobody asked for: known by given names that are common here, and by columns' titles.

Nobody can tell every name from a word. A name is seen where one of its words is a given name of this list and another
word stands beside it, or where the column's title says that persons stand there. A name of one word under a title that
says nothing (`Slamet` below `Ket`), and a name with no common given name in it, are not seen.
"""

import re

_GIVEN_NAMES = """
    abdul abdullah abdur abidin achmad adit aditya agus agustina ahmad aisyah akhmad alfian ali alif amin aminah
    amir anang andi andri andriani ani anik anisa anita anjar anton anwar arief arif ari aris asep astuti ayu
    badrus bahrul bambang basuki bayu budi budiman budiono chandra chusnul daniel dedi desi dewi dian diana
    dimas dini djoko doni eko endang erna ernawati evi fadli fahmi faisal fajar farida faridah fathur fatimah
    fatkhur fatmawati febri ferdi fikri fitri fitria fitriani galih ghofur gunawan habib hadi hafid halimah
    hamid hamzah handoko hariyanto hartini hartono haryanto hasan hasanah hendra hendri heri herman hermawan
    heru hidayat holil husen husna husni ibrahim ida ika ilham ilyas imam indra irfan irma irwan ismail iswanto
    iwan jamal jamilah joko juli junaidi kadir karim kartika kartini kasiati khoirul khotimah kholifah kurnia
    kurniawan kusnadi laila lailatul latifah lestari lilik lina lutfi mahmud mahmudah malik mariam mariyam
    marwan maryam maryati maulana miftahul misbah moch mochammad moh mohamad mohammad muchamad mudjiono muhamad
    muhammad mujiono mukhlis mulyadi mulyono munir musa mustofa mutmainah nanang nanik nasrul novi novita nur
    nurdin nurhayati nuril nurjanah nurul purnomo purwanto rachmad rahmad rahman rahmat rahmawati ramli ratna
    ratnawati retno rian rika rina rini riski rizal rizki rizky rochim rofiq rohman roni rosidah rudi rudianto
    rukmini rusdi saiful salamah salim samsul santi siti slamet soleh sofyan solikin solikhin sri subagyo
    sudarmi sudarmono sudirman sugeng sugiarto sugiono suharti suhartono sujono sukardi sukarno sulastri sulis
    sulistyo sumarni sumarno sumiati sunarto suparman supardi supriadi supriyadi suprapto suryani susanti
    susanto sutrisno suwarno suyanto syaiful syamsul taufik taufiq titik triyono tutik udin umar umi usman utami
    utomo wahid wahyu wahyudi wahyuni warsito wati wawan wibowo widodo wijaya winarno winarti wiwik yanti yanto
    yuliana yulianti yuni yusuf zaenal zahra zainab zainal zainul zainuddin zulkifli
"""
_GIVEN = set(_GIVEN_NAMES.split())
_OF_PERSONS = """
    penerima pemohon pelapor pengadu pasien wali ayah bapak ibu suami istri anak ketua kepala camat lurah kades
    sekretaris bendahara petugas kontak pic responden warga anggota korban peserta siswa guru dokter bidan
    perawat pendamping relawan koordinator pemilik pengurus pendaftar penyetor ahli waris almarhum saksi
    tersangka operator admin penanggung recipient applicant patient contact head owner person officer victim
    member
"""
_TITLED = set(_OF_PERSONS.split())
_NOBODYS = """
    jl jln jalan gang masjid musholla mushola mesjid langgar ponpes pondok pesantren yayasan sd sdn mi mts smp
    smpn sma sman smk ma tk paud univ universitas stadion toko cv pt ud koperasi kua polsek koramil makam
    perumahan perum dsn embung waduk simpang kampung jembatan plaza mall museum bandara pelabuhan tol klub
    monumen alun
"""
NOBODYS = frozenset(_NOBODYS.split())
_LONGEST_NAME = 5  # words
_WORDS = re.compile(r"[^\W\d_]+")


def find_name(text: str, *, is_titled: bool, nobodys: frozenset[str]) -> bool:
    """Tell whether a text holds a person's name.

    Args:
        text: of a cell.
        is_titled: whether its column's title says that persons stand there.
        nobodys: words of places and institutions: beside one of them a name is its.
    """
    words = _WORDS.findall(text)
    folded = [word.casefold() for word in words]
    if not words or nobodys & set(folded):
        return False
    is_short = len(words) <= _LONGEST_NAME
    if is_titled and is_short and (set(folded) & _GIVEN or _is_capitalised(words)):
        return True
    given = [at for at, word in enumerate(folded) if word in _GIVEN]
    if is_short:
        return bool(given) and len(words) > 1
    # Within a sentence both words of a name begin with a capital.
    return any(words[at].istitle() and word.istitle() for at in given for word in words[at + 1 : at + 2])


def is_title_of_persons(words: list[str]) -> bool:
    """Tell whether a column's title says that persons stand there: `Penerima`, `Ketua RT`, `Kepala Desa`."""
    return bool(_TITLED & set(words)) and not {"jumlah", "jml", "total", "banyak"} & set(words)


def _is_capitalised(words: list[str]) -> bool:
    return len(words) > 1 and all(word[0].isupper() and (len(word) == 1 or word[1:].islower()) for word in words)
