package eu.qroc.guide

import eu.qroc.bridge.Client
import eu.qroc.bridge.ItemContent
import eu.qroc.bridge.QrocException
import eu.qroc.bridge.Room
import eu.qroc.bridge.SendState
import eu.qroc.bridge.TimelineItem
import eu.qroc.bridge.Vault
import java.nio.file.Path

/** A room list and a timeline; [show] is the screen. */
class Screens(
    private val profile: Path,
    private val vault: Vault,
    private val show: (String) -> Unit,
) {
    suspend fun enter(server: String, user: String, password: String): Client? =
        try {
            if (Client.exists(profile)) {
                Client.open(profile, vault)
            } else {
                Client.login(profile, vault, server, user, password)
            }.also { it.foreground() }
        } catch (error: QrocException.SignIn) {
            show(error.textKey)
            null
        }

    suspend fun roomList(client: Client): Unit =
        client.rooms().collect { rooms ->
            show(rooms.joinToString("\n") { "${it.name} (${it.unread}): ${it.lastBody.orEmpty()}" })
        }

    suspend fun timeline(room: Room): Unit =
        room.timeline().use { timeline ->
            timeline.items.collect { items -> show(items.joinToString("\n", transform = ::line)) }
        }

    private fun line(item: TimelineItem): String {
        val text =
            when (val content = item.content) {
                is ItemContent.Text -> content.body
                is ItemContent.Media -> "[${content.attachment.name}] ${content.caption.orEmpty()}"
                is ItemContent.Place -> "[${content.location.lat}, ${content.location.lon}]"
                is ItemContent.Removed -> "(removed)"
                is ItemContent.Locked -> "(cannot be read: ${content.reason})"
                is ItemContent.Change, is ItemContent.Other -> "(something happened)"
            }
        val waits = if (item.state == SendState.SENT) "" else " …"
        return "${item.senderName ?: item.sender}: $text$waits"
    }
}
