import Foundation
public import QrocStrings

/// A number of bytes for people: three figures at most.
public func size(_ bytes: UInt64, _ strings: Strings) -> String {
    let value = Double(bytes)
    return switch bytes {
    case ..<1_000: strings.bytes(Int(bytes))
    case ..<1_000_000: strings.kilobytes(figures(value / 1e3, strings))
    case ..<1_000_000_000: strings.megabytes(figures(value / 1e6, strings))
    default: strings.gigabytes(figures(value / 1e9, strings))
    }
}

/// A distance on the ground for people: metres, or kilometres from two thousand metres on.
public func distance(_ metres: Double, _ strings: Strings) -> String {
    guard metres >= 2_000 else { return strings.metres(Int(metres.rounded())) }
    let whole = metres >= 10_000 || metres.truncatingRemainder(dividingBy: 1_000) == 0
    return strings.kilometres(decimal(metres / 1_000, whole ? 0 : 1, strings))
}

/// A direction of the compass in a letter or two.
public func direction(_ degrees: Double, _ strings: Strings) -> String {
    let words = [
        strings.directionN, strings.directionNe, strings.directionE, strings.directionSe,
        strings.directionS, strings.directionSw, strings.directionW, strings.directionNw,
    ]
    guard degrees.isFinite else { return words[0] }
    let eighth = Int((degrees / 45).rounded()) % words.count
    return words[(eighth + words.count) % words.count]
}

/// Degrees with minutes and hemisphere, as they are read out: 38° 42.426′ N  9° 08.129′ W.
public func degrees(_ latitude: Double, _ longitude: Double) -> String {
    "\(half(latitude, "N", "S"))  \(half(longitude, "E", "W"))"
}

/// Reads "38.7071, -9.1355" and its relatives with ; or spaces between; nothing if it is no place on earth.
public func coordinates(_ text: String) -> Place? {
    var plain = text.trimmed
    if plain.hasPrefix("geo:") { plain = String(plain.dropFirst(4)) }
    let parts = plain.split { $0.isWhitespace || $0 == "," || $0 == ";" }
    guard parts.count == 2, let latitude = number(parts[0]), let longitude = number(parts[1]),
        abs(latitude) <= 90, abs(longitude) <= 180
    else { return nil }
    return Place(latitude: latitude, longitude: longitude)
}

/// A plain number: digits, a sign, a point.
private func number(_ text: Substring) -> Double? {
    text.allSatisfy { $0.isASCII && ($0.isNumber || "+-.".contains($0)) } ? Double(text) : nil
}

private func half(_ value: Double, _ positive: String, _ negative: String) -> String {
    let thousandths = Int((abs(value) * 60_000).rounded())
    let minutes = String(format: "%06.3f", Double(thousandths % 60_000) / 1_000)
    return "\(thousandths / 60_000)° \(minutes)′ \(value < 0 ? negative : positive)"
}

private func figures(_ value: Double, _ strings: Strings) -> String {
    decimal(value, value < 9.95 ? 1 : 0, strings)
}

private func decimal(_ value: Double, _ digits: Int, _ strings: Strings) -> String {
    String(format: "%.\(digits)f", locale: Locale(identifier: strings.language), value)
}
