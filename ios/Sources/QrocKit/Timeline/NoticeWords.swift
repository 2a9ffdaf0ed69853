public import QrocStrings

extension Strings {
    /// Who did what to whom, in a sentence.
    public func words(_ notice: Notice) -> String {
        let who = notice.who
        let sentence =
            switch notice.kind {
            case .created: noticeCreated(who)
            case .encrypted: noticeEncrypted(who)
            case .named: notice.detail.map { noticeNamed(who, $0) } ?? noticeUnnamed(who)
            case .topic: notice.detail.map { noticeTopic(who, $0) } ?? noticeNoTopic(who)
            case .picture: noticePicture(who)
            case .closed: noticeClosed(who)
            case .asked: noticeAsked(who)
            case .invited: noticeInvited(who, notice.whom)
            case .joined: noticeJoined(who)
            case .left: noticeLeft(who)
            case .removed: noticeRemoved(who, notice.whom)
            case .banned: noticeBanned(who, notice.whom)
            case .changed: noticeChanged(who)
            }
        guard let reason = notice.detail, notice.kind != .named, notice.kind != .topic else { return sentence }
        return noticeReason(sentence, reason)
    }
}
