"""What is wrong with a value of a request, in Indonesian. Source: pydantic's table of validation errors.

https://docs.pydantic.dev/latest/errors/validation_errors/ names the types; their English sentences are pydantic's.
"""

from collections.abc import Mapping
from typing import Any

_WORDS = {
    "missing": "harus diisi",
    "extra_forbidden": "tidak dikenal; hapus",
    "json_invalid": "bukan JSON yang benar",
    "int_type": "harus bilangan bulat",
    "int_parsing": "harus bilangan bulat",
    "int_from_float": "harus bilangan bulat",
    "int_parsing_size": "terlalu besar",
    "float_type": "harus angka",
    "float_parsing": "harus angka",
    "finite_number": "harus angka yang terhingga",
    "bool_type": "harus true atau false",
    "bool_parsing": "harus true atau false",
    "string_type": "harus teks",
    "string_unicode": "bukan teks UTF-8",
    "string_too_short": "panjangnya paling sedikit {min_length}",
    "string_too_long": "panjangnya paling banyak {max_length}",
    "string_pattern_mismatch": "harus berpola {pattern}",
    "too_short": "panjangnya paling sedikit {min_length}",
    "too_long": "panjangnya paling banyak {max_length}",
    "greater_than": "harus lebih dari {gt}",
    "greater_than_equal": "paling kecil {ge}",
    "less_than": "harus kurang dari {lt}",
    "less_than_equal": "paling besar {le}",
    "literal_error": "harus salah satu dari {expected}",
    "enum": "harus salah satu dari {expected}",
    "uuid_type": "harus UUID",
    "uuid_parsing": "harus UUID",
    "list_type": "harus daftar",
    "dict_type": "harus objek JSON",
    "model_type": "harus objek JSON",
    "model_attributes_type": "harus objek JSON",
    "datetime_type": "harus waktu ISO 8601",
    "datetime_parsing": "harus waktu ISO 8601",
    "datetime_from_date_parsing": "harus waktu ISO 8601",
    "timezone_aware": "harus waktu dengan selisih zona, misalnya +07:00",
    "control_character": "memuat karakter kendali, misalnya NUL atau akhir baris; hapus",
    "instant_unreadable": "bukan waktu; tulis seperti 2026-11-22T07:00:00+07:00",
    "offset_missing": "tanpa selisih zona; tambahkan Z atau +07:00",
    "instant_far": "harus antara tahun 1970 dan 2200",
    "year": "tahunnya harus dari {first} sampai {last}",
}


def say_fault(fault: Mapping[str, Any]) -> str:
    """Say where and what a fault is, in Indonesian; an unknown kind is told in pydantic's English.

    Args:
        fault: of `RequestValidationError.errors()`: loc, type, msg, ctx.
    """
    where = ".".join(str(part) for part in fault["loc"])
    words = _WORDS.get(fault["type"])
    if words is None:
        return f"{where}: nilai ini tidak sah ({fault['msg']})"
    return f"{where}: {words.format(**fault.get('ctx') or {})}"
