import Foundation

#if canImport(Glibc)
    import Glibc
    private let stream = Int32(SOCK_STREAM.rawValue)
#else
    import Darwin
    private let stream = SOCK_STREAM
#endif

/// The way to the homeserver, which can be cut: bytes both ways, on a port of its own.
final class Relay: @unchecked Sendable {
    private let lock = NSLock()
    private let target: UInt16
    private var port: UInt16 = 0
    private var listener: Int32 = -1
    private var open: Set<Int32> = []

    var url: String { "http://127.0.0.1:\(port)" }

    init(to server: String) throws {
        guard let port = URL(string: server)?.port else { throw NotSeen("a port in \(server)") }
        target = UInt16(port)
        try mend()
    }

    /// The network is gone: nobody gets through, and what was under way breaks off.
    func cut() {
        lock.withLock {
            for socket in open.union([listener]) { shutdown(socket, Int32(SHUT_RDWR)) }
            close(listener)
            listener = -1
        }
    }

    /// The network is back, at the same place.
    func mend() throws {
        let socket = socket(AF_INET, stream, 0)
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = Self.loopback(port)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) == 0 }
        }
        guard isBound, listen(socket, 64) == 0 else { throw NotSeen("a free port") }
        var own = sockaddr_in()
        var size = length
        _ = withUnsafeMutablePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
        }
        port = UInt16(bigEndian: own.sin_port)
        lock.withLock { listener = socket }
        Thread.detachNewThread { [self] in accept(on: socket) }
    }

    private func accept(on listener: Int32) {
        while true {
            let near = Self.accepted(listener)
            guard near >= 0 else { return }
            let far = socket(AF_INET, stream, 0)
            var address = Self.loopback(target)
            let isThere = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isThere else {
                close(near)
                close(far)
                continue
            }
            lock.withLock { open.formUnion([near, far]) }
            let both = Both(near, far) { [self] in
                lock.withLock { open.subtract([near, far]) }
                close(near)
                close(far)
            }
            for (from, to) in [(near, far), (far, near)] {
                Thread.detachNewThread {
                    Self.copy(from, to)
                    both.end()
                }
            }
        }
    }

    private static func accepted(_ listener: Int32) -> Int32 {
        #if canImport(Glibc)
            Glibc.accept(listener, nil, nil)
        #else
            Darwin.accept(listener, nil, nil)
        #endif
    }

    private static func copy(_ from: Int32, _ to: Int32) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(from, &bytes, bytes.count, 0)
            guard count > 0 else { break }
            var sent = 0
            while sent < count {
                #if canImport(Glibc)
                    let flags = Int32(MSG_NOSIGNAL)
                #else
                    let flags: Int32 = 0
                #endif
                let more = bytes[sent..<count].withUnsafeBytes { send(to, $0.baseAddress, $0.count, flags) }
                guard more > 0 else { break }
                sent += more
            }
            if sent < count { break }
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Closes when both directions have ended.
    private final class Both: @unchecked Sendable {
        private let lock = NSLock()
        private var left = 2
        private let close: () -> Void

        init(_ near: Int32, _ far: Int32, close: @escaping () -> Void) {
            self.close = close
        }

        func end() {
            let isLast = lock.withLock {
                left -= 1
                return left == 0
            }
            if isLast { close() }
        }
    }
}
