import Foundation

#if canImport(Glibc)
    import Glibc
    private let stream = Int32(SOCK_STREAM.rawValue)
    private let flags = Int32(MSG_NOSIGNAL)
#else
    import Darwin
    private let stream = SOCK_STREAM
    private let flags: Int32 = 0
#endif

/// A client that is not ours, signed in as an officer: `tests/peer/peer.py` says what it can be asked.
final class Peer: @unchecked Sendable {
    private let socket: Int32

    /// Signs in on a device of its own.
    static func signIn(_ user: String) async throws -> Peer {
        let peer = try Peer()
        try await peer.ask([
            "do": "login", "server": Harbour.server, "user": user, "password": Harbour.password, "store": "store",
        ])
        return peer
    }

    private init() throws {
        guard let port = UInt16(Harbour.peer) else { throw Refused(answer: "QROC_TEST_PEER is no port") }
        socket = Self.made()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isThere = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isThere else { throw Refused(answer: "nobody listens at \(port)") }
    }

    deinit {
        close(socket)
    }

    /// Asks for something that must go well.
    func ask(_ request: [String: any Sendable]) async throws {
        var line = try JSONSerialization.data(withJSONObject: request)
        line.append(0x0A)
        let asked = line
        let answer = await withCheckedContinuation { answered in
            Thread.detachNewThread { [self] in answered.resume(returning: exchange(asked)) }
        }
        guard answer.hasPrefix("{\"ok\"") else { throw Refused(answer: answer) }
    }

    private func exchange(_ request: Data) -> String {
        let sent = request.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, flags) }
        guard sent == request.count else { return "" }
        var answer = Data()
        var byte: UInt8 = 0
        while recv(socket, &byte, 1, 0) == 1, byte != 0x0A { answer.append(byte) }
        return String(decoding: answer, as: UTF8.self)
    }

    private static func made() -> Int32 {
        #if canImport(Glibc)
            Glibc.socket(AF_INET, stream, 0)
        #else
            Darwin.socket(AF_INET, stream, 0)
        #endif
    }

    struct Refused: Error {
        let answer: String
    }
}
