import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Gives an account another cross-signing identity, as somebody does who has its password: by the server's API, with keys
/// of OpenSSL's.
@MainActor func resetIdentity(_ userId: String) async throws {
    let login = try await ask(
        "login",
        [
            "type": "m.login.password", "identifier": ["type": "m.id.user", "user": userId],
            "password": Harbour.password,
        ])
    guard let token = login["access_token"] as? String else { throw NotSeen("a token") }
    let folder = Harbour.folder()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let master = try KeyPair(folder, "master")
    var body: [String: Any] = [:]
    for usage in ["master", "self_signing", "user_signing"] {
        let key = usage == "master" ? master : try KeyPair(folder, usage)
        var described: [String: Any] = [
            "user_id": userId, "usage": [usage], "keys": ["ed25519:\(key.name)": key.name],
        ]
        if usage != "master" {
            let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
            let text = try JSONSerialization.data(withJSONObject: described, options: options)
            described["signatures"] = [userId: ["ed25519:\(master.name)": try master.sign(text)]]
        }
        body["\(usage)_key"] = described
    }
    let asked = try await ask("keys/device_signing/upload", body, token, expecting: 401)
    body["auth"] = [
        "type": "m.login.password", "identifier": ["type": "m.id.user", "user": userId],
        "password": Harbour.password, "session": asked["session"] ?? "",
    ]
    _ = try await ask("keys/device_signing/upload", body, token)
}

@MainActor private func ask(
    _ path: String, _ body: [String: Any], _ token: String? = nil, expecting status: Int = 200
) async throws -> [String: Any] {
    guard let url = URL(string: "\(Harbour.server)/_matrix/client/v3/\(path)") else { throw NotSeen(path) }
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.httpBody = try JSONSerialization.data(withJSONObject: body)
    if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
    let (data, answer) = try await URLSession.shared.data(for: request)
    guard (answer as? HTTPURLResponse)?.statusCode == status else {
        throw NotSeen("\(path): \(String(decoding: data, as: UTF8.self))")
    }
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
}

/// A key pair of Ed25519, in a file for as long as the test needs it.
private struct KeyPair {
    let file: URL
    /// The public key, base64 without padding.
    let name: String

    init(_ folder: URL, _ name: String) throws {
        file = folder.appendingPathComponent(name)
        _ = try openssl(["genpkey", "-algorithm", "ed25519", "-out", file.path])
        // The last 32 bytes of the structure are the key.
        let described = try openssl(["pkey", "-in", file.path, "-pubout", "-outform", "DER"])
        self.name = unpadded(described.suffix(32))
    }

    func sign(_ text: Data) throws -> String {
        let message = file.appendingPathExtension("message")
        try text.write(to: message)
        return unpadded(
            try openssl(["pkeyutl", "-sign", "-rawin", "-inkey", file.path, "-in", message.path]))
    }
}

private func unpadded(_ data: Data) -> String {
    data.base64EncodedString().replacingOccurrences(of: "=", with: "")
}

private func openssl(_ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    let out = Pipe()
    process.standardOutput = out
    try process.run()
    let data = out.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw NotSeen("openssl \(arguments[0])") }
    return data
}
