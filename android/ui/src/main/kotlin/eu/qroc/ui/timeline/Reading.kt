package eu.qroc.ui.timeline

import eu.qroc.bridge.ItemContent
import eu.qroc.bridge.MediaKind
import eu.qroc.bridge.MemberChange
import eu.qroc.bridge.QueueItem
import eu.qroc.bridge.RoomChange
import eu.qroc.bridge.TimelineItem
import eu.qroc.bridge.Unreadable
import eu.qroc.ui.Strings
import eu.qroc.ui.shell.localName
import eu.qroc.ui.shell.reason
import androidx.compose.ui.graphics.ImageBitmap
import eu.qroc.bridge.SendState as CoreState

/** What is needed to turn the core's items into lines of a screen. */
internal class Reading(
    private val own: String,
    private val names: Map<String, String>,
    private val pictures: Map<String, ImageBitmap>,
    private val transfers: Map<String, Transfer>,
    private val played: Played?,
    private val queue: List<QueueItem>,
    private val strings: Strings,
) {
    /** Oldest first, as the items are; only what belongs to [thread], if there is one. */
    fun entries(
        items: List<TimelineItem>,
        thread: String?,
    ): List<Entry> {
        val byId = items.mapNotNull { item -> item.eventId?.let { it to item } }.toMap()
        val answers = items.mapNotNull { it.thread }.groupingBy { it }.eachCount()
        val why = queue.associate { it.txnId to it.reason }
        val shown = if (thread == null) items else items.filter { it.eventId == thread || it.thread == thread }
        val out = ArrayList<Entry>(shown.size)
        for (item in shown) {
            if (item.gapBefore && thread == null && out.isNotEmpty()) out += Gap("gap-${item.cursor}")
            out += notice(item) ?: message(item, byId, answers, why)
        }
        return out
    }

    fun name(userId: String): String = names[userId] ?: localName(userId)

    /** What happened to the room, where the item is no message. */
    private fun notice(item: TimelineItem): Notice? {
        val who = item.senderName ?: name(item.sender)
        val (text, detail) =
            when (val content = item.content) {
                is ItemContent.Change -> text(content.change) to detail(content.change)
                is ItemContent.Other ->
                    if (content.eventType != MESSAGE && content.eventType.startsWith("m.room.")) NoticeText.CHANGED to null else return null
                else -> return null
            }
        val whom = ((item.content as? ItemContent.Change)?.change as? RoomChange.Member)?.let { names[it.userId] ?: it.userName ?: localName(it.userId) }
        return Notice(item.cursor, text, who, item.time.toEpochMilli(), whom.orEmpty(), detail)
    }

    private fun text(change: RoomChange): NoticeText =
        when (change) {
            RoomChange.Created -> NoticeText.CREATED
            RoomChange.Encrypted -> NoticeText.ENCRYPTED
            is RoomChange.Named -> NoticeText.NAMED
            is RoomChange.Topic -> NoticeText.TOPIC
            RoomChange.Picture -> NoticeText.PICTURE
            is RoomChange.Closed -> NoticeText.CLOSED
            is RoomChange.Member ->
                when (change.change) {
                    MemberChange.ASKED -> NoticeText.ASKED
                    MemberChange.INVITED -> NoticeText.INVITED
                    MemberChange.JOINED -> NoticeText.JOINED
                    MemberChange.LEFT -> NoticeText.LEFT
                    MemberChange.REMOVED -> NoticeText.REMOVED
                    MemberChange.BANNED -> NoticeText.BANNED
                }
        }

    private fun detail(change: RoomChange): String? =
        when (change) {
            RoomChange.Created, RoomChange.Encrypted, RoomChange.Picture -> null
            is RoomChange.Named -> change.name
            is RoomChange.Topic -> change.topic
            is RoomChange.Closed -> change.reason
            is RoomChange.Member -> change.reason
        }

    private fun message(
        item: TimelineItem,
        byId: Map<String, TimelineItem>,
        answers: Map<String, Int>,
        why: Map<String, String?>,
    ): Message =
        Message(
            key = item.cursor,
            eventId = item.eventId,
            sender = item.sender,
            senderName = item.senderName ?: name(item.sender),
            own = item.sender == own,
            ts = item.time.toEpochMilli(),
            body = body(item),
            state =
                when (item.state) {
                    CoreState.SENT -> SendState.SENT
                    CoreState.QUEUED -> SendState.QUEUED
                    CoreState.SENDING -> SendState.SENDING
                    CoreState.FAILED -> SendState.FAILED
                },
            failure =
                if (item.state == CoreState.FAILED) {
                    item.txnId?.let { why[it] }?.let { strings.reason(it) }
                } else {
                    null
                },
            edited = item.edited,
            reply = item.replyTo?.let { quote(byId[it]) },
            thread = item.thread,
            answers = item.eventId?.let { answers[it] } ?: 0,
            reactions =
                item.reactions.map { (symbol, who) -> Reaction(symbol, who.map(::name), mine = own in who) },
            seenBy = item.readBy.filter { it != own && it != item.sender }.map(::name),
            encrypted = item.encrypted || item.state != CoreState.SENT,
        )

    private fun quote(item: TimelineItem?): Quote =
        if (item == null) Quote(null, null, null) else Quote(item.cursor, item.senderName ?: name(item.sender), words(item))

    /** What an item says in one line. */
    fun words(item: TimelineItem): String =
        when (val content = item.content) {
            is ItemContent.Text -> content.body
            is ItemContent.Media -> content.caption ?: if (content.attachment.voice) strings.voice else content.attachment.name
            is ItemContent.Place -> strings.position
            ItemContent.Removed -> strings.removed
            is ItemContent.Locked -> strings.unreadableNoKey
            is ItemContent.Change -> notice(item)?.let { strings.words(it) }.orEmpty()
            is ItemContent.Other -> content.body ?: content.eventType
        }

    private fun body(item: TimelineItem): Body =
        when (val content = item.content) {
            is ItemContent.Text -> Body.Text(content.body)
            is ItemContent.Media -> media(item, content)
            is ItemContent.Place ->
                Body.Position(
                    content.location.lat,
                    content.location.lon,
                    content.location.accuracyM,
                    (content.location.time ?: item.time).toEpochMilli(),
                )
            ItemContent.Removed -> Body.Removed
            is ItemContent.Locked ->
                Body.Unreadable(
                    when (content.reason) {
                        Unreadable.MISSING_KEY -> UnreadableReason.NO_KEY_YET
                        Unreadable.WITHHELD -> UnreadableReason.KEY_WITHHELD
                        Unreadable.DAMAGED -> UnreadableReason.DAMAGED
                        Unreadable.UNSUPPORTED -> UnreadableReason.UNSUPPORTED
                    },
                )
            is ItemContent.Change -> Body.Text(words(item))
            is ItemContent.Other -> content.body?.let { Body.Text(it) } ?: Body.Unknown(content.eventType)
        }

    private fun media(
        item: TimelineItem,
        content: ItemContent.Media,
    ): Body {
        val file = content.attachment
        val transfer = transfers[item.cursor] ?: Transfer.None
        if (file.voice) {
            val levels = file.waveform.map { it / LOUDEST }
            return Body.Voice(file.name, file.bytes, file.duration?.inWholeMilliseconds ?: 0, levels, played?.takeIf { it.key == item.cursor }, transfer)
        }
        if (content.kind != MediaKind.IMAGE) return Body.File(file.name, file.mime, file.bytes, transfer, content.caption)
        return Body.Picture(
            name = file.name,
            bytes = file.bytes,
            width = file.width ?: 0,
            height = file.height ?: 0,
            transfer = transfer,
            picture = pictures[item.cursor] ?: item.txnId?.let { pictures[it] },
            caption = content.caption,
        )
    }

    private companion object {
        const val MESSAGE = "m.room.message"
        const val LOUDEST = 1024f
    }
}
