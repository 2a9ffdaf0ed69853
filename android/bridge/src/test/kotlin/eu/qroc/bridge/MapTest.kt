package eu.qroc.bridge

import kotlinx.coroutines.channels.Channel
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.time.Instant
import java.time.temporal.ChronoUnit
import kotlin.time.Duration.Companion.minutes

internal class MapTest : Officers() {
    @Test
    fun `the map of the device is taken, read tile by tile, and taken away`() =
        story {
            val talk = talk("Florence")
            val client = talk.lisbon.client
            assertNull(client.map())
            assertNull(client.mapShapes(0, 0, 0))
            val info = client.takeMap(fixture("firenze.pmtiles"))
            assertEquals(14, info.maxZoom)
            assertEquals("Protomaps © OpenStreetMap", info.attribution)
            val shapes = client.mapShapes(14, 8704, 5972)!!
            assertEquals(3565, shapes.count { it.ground == MapGround.BUILDING })
            assertTrue(shapes.any { it.name == "Ponte Vecchio" })
            assertEquals(shapes.map { it.ground }.sorted(), shapes.map { it.ground }, "in the order of drawing")
            assertEquals(332_948, client.mapTile(14, 8704, 5972)?.size)
            assertNull(client.mapShapes(14, 0, 0))
            refused<QrocException.BadInput> { client.mapShapes(3, 8, 0) }
            refused<QrocException.BadInput> { client.takeMap(fixture("hopper.jpg")) }
            refused<QrocException.BadInput> { client.fetchMap() }
            assertTrue(client.removeMap())
            assertNull(client.map())
            val earth = MapPart(-90.0, -180.0, 90.0, 180.0)
            assertEquals(emptyList<PositionCluster>(), talk.here.clusters(earth, 3))
        }

    @Test
    fun `where everybody went is read between two times`() =
        story {
            val talk = talk("Patrol")
            val now = Instant.now().truncatedTo(ChronoUnit.SECONDS)
            // No way that follows from its ends: each fix is sent.
            val way = listOf(38.700, 38.701, 38.7002).mapIndexed { at, lat -> Fix(lat, -9.13, now.minusSeconds(20L - 5 * at), 5.0) }
            val receiver = Channel<LocationReading>(Channel.UNLIMITED)
            val source =
                object : LocationSource {
                    override suspend fun next(): LocationReading? = receiver.receiveCatching().getOrNull()
                }
            val share = talk.here.shareLocation(source, SharePace.CHASE, 5.minutes)
            way.forEach { receiver.send(LocationReading.At(it)) }
            eventually { talk.there.tracks(until = Instant.now(), offline = true).sumOf { it.fixes.size } == 3 }
            val track = talk.there.tracks(Homeserver.LISBON, way.first().time, way.last().time, offline = false).single()
            assertEquals(Homeserver.LISBON, track.userId)
            assertEquals(way.map { it.lat to it.time }, track.fixes.map { it.lat to it.time })
            val middle = way[1].time
            assertEquals(listOf(38.701), talk.there.tracks(from = middle, until = middle, offline = true).single().fixes.map { it.lat })
            assertEquals(emptyList<Track>(), talk.there.tracks(until = now.minusSeconds(3600), offline = true))
            share.stop()
            share.ended()
            share.close()
            refused<QrocException.BadInput> { talk.there.tracks("@nobody:qroc.test", until = Instant.now(), offline = true) }
        }
}
