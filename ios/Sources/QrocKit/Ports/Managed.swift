import Foundation
public import Qroc

extension ManagedConfig {
    /// Where iOS keeps what the device's management says: a dictionary in the app's own defaults.
    public static let defaultsKey = "com.apple.configuration.managed"
    /// Where the management looks for answers.
    public static let feedbackKey = "com.apple.feedback.managed"

    /// Reads what the device's management says, as a property list holds it; what is of no known kind is left out. Without
    /// a dictionary it says nothing.
    public init(propertyList: Any?) {
        guard let all = propertyList as? [String: Any] else {
            self.init(values: nil)
            return
        }
        self.init(values: all.compactMapValues(PolicyValue.init(propertyList:)))
    }

    /// What became of each key that somebody set: the management's console shows it.
    public static func feedback(_ lines: [PolicyLine]) -> [String: String] {
        var out: [String: String] = [:]
        for line in lines where line.state != .builtIn {
            switch line.state {
            case .builtIn, .applied: out[line.key] = "applied"
            case .ignored: out[line.key] = "ignored: \(line.reason ?? "")"
            case .faulty: out[line.key] = "faulty: \(line.reason ?? "")"
            }
        }
        return out
    }
}

extension PolicyValue {
    /// A value of a property list. A number is no flag, and a flag no number, although both come as numbers.
    public init?(propertyList value: Any) {
        switch value {
        case let text as String: self = .text(text)
        case let items as [Any]:
            let texts = items.compactMap { $0 as? String }
            guard texts.count == items.count else { return nil }
            self = .items(texts)
        case let number as NSNumber:
            if ["c", "B"].contains(String(cString: number.objCType)) {
                self = .flag(number.boolValue)
            } else if number.doubleValue >= 0, number.doubleValue.rounded() == number.doubleValue {
                self = .number(number.uint64Value)
            } else {
                return nil
            }
        default: return nil
        }
    }
}
