package eu.qroc.ui.timeline

import eu.qroc.ui.Strings

/** Who did what to whom, in a sentence. */
internal fun Strings.words(notice: Notice): String {
    val who = notice.who
    val detail = notice.detail
    val sentence =
        when (notice.text) {
            NoticeText.CREATED -> noticeCreated(who)
            NoticeText.ENCRYPTED -> noticeEncrypted(who)
            NoticeText.NAMED -> return if (detail == null) noticeUnnamed(who) else noticeNamed(who, detail)
            NoticeText.TOPIC -> return if (detail == null) noticeNoTopic(who) else noticeTopic(who, detail)
            NoticeText.PICTURE -> noticePicture(who)
            NoticeText.CLOSED -> noticeClosed(who)
            NoticeText.ASKED -> noticeAsked(who)
            NoticeText.INVITED -> noticeInvited(who, notice.whom)
            NoticeText.JOINED -> noticeJoined(who)
            NoticeText.LEFT -> noticeLeft(who)
            NoticeText.REMOVED -> noticeRemoved(who, notice.whom)
            NoticeText.BANNED -> noticeBanned(who, notice.whom)
            NoticeText.CHANGED -> noticeChanged(who)
        }
    return if (detail == null) sentence else noticeReason(sentence, detail)
}
