"""The catalogue of quantities: one name, one UCUM unit, one kind of value, and what is physically possible.

Source of the units: The Unified Code for Units of Measure 2.1 (case sensitive codes). `1` is a pure number; for
booleans it says that there is nothing to convert. A quantity that is not listed may be sent with any unit; a
listed one in its own unit only, so that no number ever needs to be guessed at again after the driver.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "boolean", "text"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity.

    Attributes:
        name: as in a series and behind the last colon of a SenML name.
        unit: UCUM code.
        kind: what its values are.
        low: the least possible value in `unit`; None where there is none.
        high: the greatest possible value in `unit`.
        title_id: Indonesian title.
        title_en: English title.
    """

    name: str
    unit: str
    kind: Kind
    low: float | None
    high: float | None
    title_id: str
    title_en: str


_ROWS: tuple[tuple[str, str, Kind, float | None, float | None, str, str], ...] = (
    # electrical
    ("voltage", "V", "number", 0, 1_000, "Tegangan", "Voltage"),
    ("current", "A", "number", -1_000, 1_000, "Arus", "Current"),
    ("active_power", "W", "number", -1e6, 1e6, "Daya aktif", "Active power"),
    ("energy", "kW.h", "number", 0, 1e9, "Energi", "Energy"),
    ("power_factor", "1", "number", -1, 1, "Faktor daya", "Power factor"),
    ("frequency", "Hz", "number", 0, 100, "Frekuensi", "Frequency"),
    ("commanded_on", "1", "boolean", 0, 1, "Diperintah menyala", "Commanded on"),
    ("lamp_fault", "1", "boolean", 0, 1, "Gangguan lampu", "Lamp fault"),
    # water
    ("water_level", "m", "number", -20, 100, "Tinggi muka air", "Water level"),
    ("discharge", "m3/s", "number", 0, 10_000, "Debit", "Discharge"),
    ("rain_rate", "mm/h", "number", 0, 500, "Intensitas hujan", "Rain rate"),
    ("rain_total", "mm", "number", 0, 1e6, "Curah hujan terkumpul", "Accumulated rain"),
    ("siren_on", "1", "boolean", 0, 1, "Sirene menyala", "Siren on"),
    # announcements
    ("speaker_on", "1", "boolean", 0, 1, "Pengeras suara berbunyi", "Loudspeaker playing"),
    # weather
    ("air_temperature", "Cel", "number", -30, 60, "Suhu udara", "Air temperature"),
    ("relative_humidity", "%", "number", 0, 100, "Kelembapan relatif", "Relative humidity"),
    ("air_pressure", "hPa", "number", 600, 1_100, "Tekanan udara", "Air pressure"),
    ("wind_speed", "m/s", "number", 0, 100, "Kecepatan angin", "Wind speed"),
    ("wind_direction", "deg", "number", 0, 360, "Arah angin", "Wind direction"),
    ("irradiance", "W/m2", "number", 0, 2_000, "Radiasi matahari", "Solar irradiance"),
    ("illuminance", "lx", "number", 0, 200_000, "Iluminansi", "Illuminance"),
    # cabinet
    ("door_open", "1", "boolean", 0, 1, "Pintu terbuka", "Door open"),
    ("mains_present", "1", "boolean", 0, 1, "Listrik PLN ada", "Mains present"),
    ("ups_charge", "%", "number", 0, 100, "Isi baterai UPS", "UPS charge"),
    ("temperature", "Cel", "number", -40, 120, "Suhu", "Temperature"),
    # traffic
    ("volume", "/min", "number", 0, 10_000, "Volume lalu lintas", "Traffic volume"),
    ("volume_person", "/min", "number", 0, 10_000, "Volume pejalan kaki", "Volume of pedestrians"),
    ("volume_motorcycle", "/min", "number", 0, 10_000, "Volume sepeda motor", "Volume of motorcycles"),
    ("volume_car", "/min", "number", 0, 10_000, "Volume mobil", "Volume of cars"),
    ("volume_bus", "/min", "number", 0, 10_000, "Volume bus", "Volume of buses"),
    ("volume_truck", "/min", "number", 0, 10_000, "Volume truk", "Volume of trucks"),
    ("headway", "s", "number", 0, 3_600, "Selang waktu antara", "Headway"),
    ("occupancy", "%", "number", 0, 100, "Okupansi", "Occupancy"),
    ("speed", "km/h", "number", 0, 300, "Kecepatan", "Speed"),
    ("queue_length", "m", "number", 0, 20_000, "Panjang antrean", "Queue length"),
    ("frame_rate", "/s", "number", 0, 240, "Laju gambar", "Frame rate"),
    ("frames_missed", "1", "number", 0, 1e12, "Gambar terlewat", "Pictures not looked at"),
    ("recorded", "%", "number", 0, 100, "Terekam", "Recorded share"),
    # signals; greens, terminations and failures are counts of the interval reported
    ("signal_state", "1", "text", None, None, "Tampilan lampu", "Signal display"),
    ("cycle_second", "s", "number", 0, 1_000, "Detik siklus", "Second of the cycle"),
    ("pattern", "1", "number", 0, 255, "Pola", "Pattern"),
    ("cycle_length", "s", "number", 0, 3_600, "Panjang siklus", "Cycle length"),
    ("green_time", "s", "number", 0, 3_600, "Lama hijau", "Green time"),
    ("greens_served", "1", "number", 0, 1_000, "Hijau dilayani", "Greens served"),
    ("gap_outs", "1", "number", 0, 1_000, "Akhir karena celah", "Gap-outs"),
    ("max_outs", "1", "number", 0, 1_000, "Akhir karena maksimum", "Max-outs"),
    ("force_offs", "1", "number", 0, 1_000, "Akhir karena paksaan", "Force-offs"),
    ("split_failures", "1", "number", 0, 1_000, "Kegagalan hijau", "Split failures"),
    ("green_occupancy", "%", "number", 0, 100, "Okupansi saat hijau", "Green occupancy ratio"),
    ("red_occupancy", "%", "number", 0, 100, "Okupansi awal merah", "Red occupancy ratio, first 5 s"),
    ("arrivals_on_green", "%", "number", 0, 100, "Tiba saat hijau", "Arrivals on green"),
    ("pedestrian_wait", "s", "number", 0, 3_600, "Tunggu pejalan kaki", "Pedestrian wait"),
    ("detector_fault", "1", "boolean", 0, 1, "Detektor bermasalah", "Detector fault"),
    ("controller_flash", "1", "boolean", 0, 1, "Lampu berkedip", "Controller flashes"),
    ("coordination_fault", "1", "boolean", 0, 1, "Gangguan koordinasi", "Coordination fault"),
    ("local_control", "1", "boolean", 0, 1, "Kendali setempat", "Local control"),
    ("lease_active", "1", "boolean", 0, 1, "Sewa berjalan", "Lease in force"),
    # the box itself
    ("cpu_load", "%", "number", 0, 100, "Beban CPU", "CPU load"),
    ("memory_used", "%", "number", 0, 100, "Memori terpakai", "Memory used"),
    ("disk_used", "%", "number", 0, 100, "Penyimpanan terpakai", "Disk used"),
    ("disk_free", "By", "number", 0, 1e15, "Sisa penyimpanan", "Disk free"),
    ("disk_trouble", "1", "boolean", 0, 1, "Gangguan penyimpanan", "Disk trouble"),
    ("soc_temperature", "Cel", "number", -40, 150, "Suhu prosesor", "Processor temperature"),
    ("clock_offset", "s", "number", -1e9, 1e9, "Selisih jam", "Clock offset"),
    ("uptime", "s", "number", 0, 1e10, "Lama menyala", "Uptime"),
    ("resident_memory", "By", "number", 0, 1e13, "Memori agen", "Agent memory"),
    ("outbox_messages", "1", "number", 0, 1e12, "Pesan menunggu", "Messages waiting"),
    ("outbox_bytes", "By", "number", 0, 1e15, "Ukuran antrean kirim", "Outbox size"),
    ("outbox_thinned", "1", "number", 0, 1e12, "Pesan dijarangkan", "Messages thinned"),
    ("outbox_oldest_age", "s", "number", 0, 1e10, "Umur pesan tertua", "Age of oldest message"),
    ("page_alive", "1", "boolean", 0, 1, "Halaman dinding tampil", "Wall's page is shown"),
    ("screen_on", "1", "boolean", 0, 1, "Layar menyala", "Screen on"),
)  # fmt: skip

CATALOGUE: dict[str, Quantity] = {row[0]: Quantity(*row) for row in _ROWS}
