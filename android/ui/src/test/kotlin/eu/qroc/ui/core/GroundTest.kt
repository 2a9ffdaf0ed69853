package eu.qroc.ui.core

import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.unit.Density
import eu.qroc.bridge.Client
import eu.qroc.bridge.Fix
import eu.qroc.bridge.LocationReading
import eu.qroc.bridge.LocationSource
import eu.qroc.bridge.MapGround
import eu.qroc.bridge.SharePace
import eu.qroc.ui.Showing
import eu.qroc.ui.map.GroundTile
import eu.qroc.ui.map.MapEvent
import eu.qroc.ui.map.MapPresenter
import eu.qroc.ui.map.MapSource
import eu.qroc.ui.map.MapState
import eu.qroc.ui.map.MapView
import eu.qroc.ui.map.Place
import eu.qroc.ui.theme.Appearance
import eu.qroc.ui.theme.Branding
import eu.qroc.ui.theme.palette
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.io.TempDir
import java.awt.image.BufferedImage
import java.io.ByteArrayInputStream
import java.io.File
import java.nio.file.Path
import java.time.Instant
import javax.imageio.ImageIO
import kotlin.coroutines.CoroutineContext
import kotlin.math.abs
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.minutes

/** The real map of a town below the officers, read by the real core and drawn by Compose. */
internal class GroundTest {
    @TempDir
    lateinit var folder: Path

    private lateinit var client: Client

    private fun map(story: suspend (presenter: MapPresenter, desk: Desk, thread: CoroutineContext) -> Unit) =
        atDesk(folder, "Florence") {
            this@GroundTest.client = client
            val presenter = MapPresenter(session, scope, room.roomId, PONTE_VECCHIO)
            onThread { presenter.start() }
            story(presenter, desk, thread)
        }

    private suspend fun MapPresenter.shows(fits: (MapState) -> Boolean): MapState = state.first(fits)

    /** As it looks once everything that is looked at was read and drawn. */
    private suspend fun draw(
        presenter: MapPresenter,
        thread: CoroutineContext,
        showing: Showing,
    ): BufferedImage {
        val wanted = MutableStateFlow<MapEvent.Look?>(null)
        val surface =
            ImageComposeScene(showing.width, showing.height, Density(1f)) {
                showing.Theme {
                    val state by presenter.state.collectAsState()
                    MapView(state, {
                        if (it is MapEvent.Look) wanted.value = it
                        presenter.on(it)
                    })
                }
            }
        try {
            while (true) {
                surface.render(System.nanoTime())
                val tiles = presenter.state.value.ground?.tiles
                if (tiles != null && wanted.value?.tiles?.all { it in tiles } == true) break
                delay(20)
            }
            repeat(3) {
                surface.render(System.nanoTime())
                delay(20)
            }
            return ImageIO.read(ByteArrayInputStream(surface.render(System.nanoTime()).encodeToData()!!.bytes))
        } finally {
            surface.close()
        }
    }

    private fun BufferedImage.part(colour: Color): Double {
        val wanted = listOf(colour.red, colour.green, colour.blue).map { (it * 255).toInt() }
        val same =
            (0 until height).sumOf { y ->
                (0 until width).count { x ->
                    val seen = getRGB(x, y)
                    listOf(16, 8, 0).withIndex().all { (at, shift) -> abs((seen shr shift and 0xFF) - wanted[at]) <= 2 }
                }
            }
        return same / (width * height).toDouble()
    }

    @Test
    fun `Florence is drawn below the officers in every appearance, and what is no map is refused`() =
        map { presenter, desk, thread ->
            val none = presenter.shows { it.source != null && it.officers != null }
            assertEquals(MapSource.FILE, none.source)
            assertNull(none.ground)
            desk.choice = fixture("hopper.jpg")
            withContext(thread) { presenter.on(MapEvent.TakeMap) }
            val refused = presenter.shows { it.error != null && !it.taking }
            assertNull(refused.ground)

            desk.choice = fixture("firenze.pmtiles")
            withContext(thread) { presenter.on(MapEvent.TakeMap) }
            val taken = presenter.shows { it.ground != null && !it.taking }
            assertNull(taken.error)
            assertEquals("Protomaps © OpenStreetMap", taken.ground!!.attribution)
            for (appearance in listOf(Appearance.LIGHT, Appearance.DARK, Appearance.NIGHT)) {
                val image = draw(presenter, thread, Showing("real", appearance, width = 420, height = 740))
                ImageIO.write(image, "png", File("target/pictures", "real-florence-${appearance.name.lowercase()}.png").apply { parentFile.mkdirs() })
                val colours = palette(appearance, Branding("QROC")).ground
                assertTrue(image.part(colours.water) > 0.03, "the Arno: ${image.part(colours.water)}")
                assertTrue(image.part(colours.building) > 0.05, "houses: ${image.part(colours.building)}")
                assertTrue(image.part(colours.street) > 0.02, "streets: ${image.part(colours.street)}")
            }
            val tiles = presenter.state.value.ground!!.tiles.values
            assertTrue(tiles.any { tile -> tile.names.any { it.text == "Ponte Vecchio" } })
            assertTrue(tiles.any { it !== GroundTile.EMPTY && it.layers.any { layer -> layer.ground == MapGround.WATER } })
        }

    @Test
    fun `where somebody was earlier is shown at the time that is chosen, and now again after`() =
        map { presenter, _, thread ->
            presenter.shows { it.officers?.isEmpty() == true }
            withContext(thread) { presenter.on(MapEvent.Earlier) }
            val nothing = presenter.shows { it.past?.reading == false }.past!!
            assertTrue(nothing.empty && nothing.problem == null && nothing.until - nothing.from >= 60_000, "$nothing")
            withContext(thread) { presenter.on(MapEvent.Now) }
            assertNull(presenter.shows { it.past == null }.past)

            val now = Instant.now()
            val readings = Channel<LocationReading>(Channel.UNLIMITED)
            val source =
                object : LocationSource {
                    override suspend fun next(): LocationReading? = readings.receiveCatching().getOrNull()
                }
            val share = client.room(presenter.state.value.roomId).use { it.shareLocation(source, SharePace.CHASE, 5.minutes) }
            WAY.forEachIndexed { at, place -> readings.send(LocationReading.At(Fix(place.lat, place.lon, now.minusSeconds(30L - 10 * at), 5.0))) }
            presenter.shows { state -> state.officers.orEmpty().any { near(it.place, WAY.last()) } }
            withContext(thread) { presenter.on(MapEvent.Earlier) }
            val all = presenter.shows { it.past?.reading == false && it.officers.orEmpty().isNotEmpty() }
            assertTrue(near(all.officers!!.single().place, WAY.last()), "${all.officers}")
            assertEquals(WAY.size, all.ways.single().places.size)
            val seen =
                WAY.indices.map { at ->
                    val time = now.minusSeconds(25L - 10 * at).toEpochMilli()
                    withContext(thread) { presenter.on(MapEvent.At(time)) }
                    presenter.shows { it.past?.at == time }.officers!!.single()
                }
            assertTrue(seen.map { it.place }.zip(WAY).all { (one, other) -> near(one, other) }, "$seen")
            assertEquals(List(WAY.size) { it > 0 }, WAY.indices.map { at -> waysAt(presenter, thread, now.minusSeconds(25L - 10 * at)) > 1 })
            withContext(thread) { presenter.on(MapEvent.At(0)) }
            val before = presenter.shows { it.past?.at == it.past?.from }
            assertEquals(emptyList(), before.officers)
            assertTrue(presenter.closeTop(), "back leads to now")
            presenter.shows { it.past == null && it.officers!!.size == 1 }
            assertTrue(!presenter.closeTop())
            share.close()
        }

    private suspend fun waysAt(
        presenter: MapPresenter,
        thread: CoroutineContext,
        time: Instant,
    ): Int {
        withContext(thread) { presenter.on(MapEvent.At(time.toEpochMilli())) }
        return presenter.state.value.ways.firstOrNull()?.places?.size ?: 0
    }

    private fun near(
        one: Place,
        other: Place,
    ) = abs(one.lat - other.lat) < 1e-5 && abs(one.lon - other.lon) < 1e-5

    private companion object {
        val WAY = listOf(Place(43.7680, 11.2531), Place(43.7684, 11.2535), Place(43.7690, 11.2540))
        val PONTE_VECCHIO = Place(43.7680, 11.2531)

        @JvmStatic
        @BeforeAll
        fun init() = Client.init()
    }
}
