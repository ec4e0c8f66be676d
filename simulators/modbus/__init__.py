"""Modbus TCP servers whose registers follow the world, laid out as the sensor profiles say."""
