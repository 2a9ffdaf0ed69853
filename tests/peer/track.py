"""The track format of docs/protocol.md, written a second time and without any library.

    track.py check VECTORS.json     every vector is read, and written again, byte by byte
    track.py write VECTORS.json     makes the vectors anew
    track.py read HEX               prints the fixes of one batch
"""

import json
import sys

COLUMNS = ["ts", "lat_e6", "lon_e6", "accuracy_dm", "speed_dms", "heading_deg", "altitude_dm", "source", "battery"]


class Refused(Exception):
    pass


def varint(number):
    out = bytearray()
    while True:
        out.append((number & 0x7F) | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def read_varint(data, at):
    number, shift = 0, 0
    while True:
        if at >= len(data) or shift > 63:
            raise Refused("cut")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, at


def zigzag(number):
    return (number << 1) if number >= 0 else ((-number << 1) - 1)


def unzigzag(number):
    return (number >> 1) if number & 1 == 0 else -((number + 1) >> 1)


def differences(values):
    first, second, before, step = [], [], 0, 0
    for position, value in enumerate(values):
        difference = value - before
        first.append(difference)
        second.append(difference if position == 0 else difference - step)
        step = 0 if position == 0 else difference
        before = value
    for column in (first, second):
        while column and column[-1] == 0:
            column.pop()
    cost = lambda column: sum(len(varint(zigzag(value))) for value in column)
    return (second, True) if cost(second) < cost(first) else (first, False)


def stored(fix, name, unit):
    value = fix[name]
    if name == "ts":
        return value // unit
    if name in ("lat_e6", "lon_e6"):
        return value
    if value is None:
        return 0
    if name == "source":
        return value
    return value + 1 + (200_000 if name == "altitude_dm" else 0)


def encode(fixes):
    unit = next((unit for unit in (1000, 100, 10) if all(fix["ts"] % unit == 0 for fix in fixes)), 1)
    second, body = 0, b""
    for number, name in enumerate(COLUMNS):
        column, is_second = differences([stored(fix, name, unit) for fix in fixes])
        second |= is_second << number
        if column:
            packed = b"".join(varint(zigzag(value)) for value in column)
            body += varint((5 + number) << 3 | 2) + varint(len(packed)) + packed
    head = b""
    for tag, value in ((1, 1), (2, len(fixes)), (3, second), (4, unit)):
        if value:
            head += varint(tag << 3) + varint(value)
    return head + body


def decode(data):
    numbers, columns, at = {1: 0, 2: 0, 3: 0, 4: 0}, {}, 0
    while at < len(data):
        key, at = read_varint(data, at)
        tag, kind = key >> 3, key & 7
        if kind == 0:
            value, at = read_varint(data, at)
            if tag in numbers:
                numbers[tag] = value
        elif kind == 2:
            length, at = read_varint(data, at)
            if at + length > len(data):
                raise Refused("cut")
            end, packed = at + length, []
            while at < end:
                value, at = read_varint(data[:end], at)
                packed.append(unzigzag(value))
            columns.setdefault(tag, []).extend(packed)
        else:
            raise Refused("a field of another kind")
    version, count, second, unit = numbers[1], numbers[2], numbers[3], numbers[4] or 1
    if version != 1:
        raise Refused(f"version {version}")
    if not 0 < count <= 1024:
        raise Refused(f"{count} fixes")
    whole = []
    for number in range(9):
        column = columns.get(5 + number, [])
        if len(column) > count:
            raise Refused("a column longer than the batch")
        values, value, step = [], 0, 0
        for position in range(count):
            difference = column[position] if position < len(column) else 0
            add = difference + (step if second >> number & 1 and position else 0)
            value += add
            step = add if position else 0
            values.append(value)
        whole.append(values)
    fixes = []
    for row in zip(*whole):
        fix = dict(zip(COLUMNS, row))
        fix["ts"] *= unit
        for name in COLUMNS[3:]:
            raised = fix[name]
            if raised == 0:
                fix[name] = None
            elif name != "source":
                fix[name] = raised - 1 - (200_000 if name == "altitude_dm" else 0)
        if fix["source"] not in (None, 1, 2, 3, 4):
            fix["source"] = None
        if abs(fix["lat_e6"]) > 90_000_000 or abs(fix["lon_e6"]) > 180_000_000 or fix["ts"] < 0:
            raise Refused("nowhere")
        if fix["heading_deg"] is not None and not 0 <= fix["heading_deg"] < 360:
            raise Refused("heading")
        if fix["battery"] is not None and not 0 <= fix["battery"] <= 100:
            raise Refused("battery")
        fixes.append(fix)
    return fixes


def vectors():
    def fix(ts, lat, lon, accuracy=None, speed=None, heading=None, altitude=None, source=None, battery=None):
        return dict(zip(COLUMNS, (ts, lat, lon, accuracy, speed, heading, altitude, source, battery)))

    start = 1_763_800_000_000
    good = {
        "one place and its time": [fix(start, 38_707_100, -9_135_490)],
        "everything that can be said": [fix(start + 123, -33_924_871, 18_424_055, 42, 139, 359, -123, 1, 87)],
        "five seconds of a drive": [
            fix(start + n * 1000, 38_707_100 + n * 103 + n % 3, -9_135_490 - n * 71, 40 + n % 2, 139 + n, 331, 120 - n, 1, 87)
            for n in range(5)
        ],
        "a heading that comes and goes": [
            fix(start, 1, 1, 30, 0), fix(start + 1000, 2, 1, 30, 15, 90), fix(start + 2000, 2, 1, 30, 0)
        ],
        "across the antimeridian, late and out of order": [
            fix(start + 5050, -16_500_000, -179_999_900), fix(start + 10, -16_500_000, 179_999_900, source=3)
        ],
        "the ends of every range": [
            fix(0, -90_000_000, -180_000_000, 0, 0, 0, -200_000, 4, 0),
            fix(99_999_999_999_999, 90_000_000, 180_000_000, 10_000_000, 100_000, 359, 1_000_000, 2, 100),
        ],
    }
    bad = {
        "nothing": b"",
        "a later version": varint(1 << 3) + varint(2) + encode(good["one place and its time"])[2:],
        "a column longer than the batch": encode(good["five seconds of a drive"]).replace(b"\x10\x05", b"\x10\x02", 1),
        "north of the pole": encode([fix(start, 90_000_001, 0)]),
        "cut": encode(good["everything that can be said"])[:-1],
    }
    listed = [{"name": name, "hex": encode(fixes).hex(), "fixes": fixes} for name, fixes in good.items()]
    return {"vectors": listed + [{"name": name, "hex": data.hex(), "error": "refused"} for name, data in bad.items()]}


def check(path):
    with open(path, encoding="utf-8") as file:
        listed = json.load(file)["vectors"]
    for vector in listed:
        data = bytes.fromhex(vector["hex"])
        if "error" in vector:
            try:
                decode(data)
            except Refused:
                continue
            raise SystemExit(f"{vector['name']}: read, although it is damaged")
        if decode(data) != vector["fixes"]:
            raise SystemExit(f"{vector['name']}: read as {decode(data)}")
        if encode(vector["fixes"]) != data:
            raise SystemExit(f"{vector['name']}: written as {encode(vector['fixes']).hex()}")
    print(f"{len(listed)} vectors hold")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["check", path]:
            check(path)
        case ["write", path]:
            lines = ",\n".join("  " + json.dumps(vector) for vector in vectors()["vectors"])
            with open(path, "w", encoding="utf-8") as file:
                file.write('{"vectors": [\n' + lines + "\n]}\n")
        case ["read", batch]:
            for fix in decode(bytes.fromhex(batch)):
                print(json.dumps(fix))
        case _:
            raise SystemExit(__doc__)
