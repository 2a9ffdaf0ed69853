package eu.qroc.ui.map

import eu.qroc.bridge.PolicyValue
import eu.qroc.bridge.QrocException
import eu.qroc.ui.shell.Session
import eu.qroc.ui.shell.of
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** Reads the tiles of the device's map that are looked at, and keeps those that were. */
internal class GroundReader(
    private val session: Session,
    private val scope: CoroutineScope,
    private val shown: MutableStateFlow<MapState>,
) {
    private val kept = LinkedHashMap<TileAddress, GroundTile>(KEPT, LOAD, true)
    private var wanted = emptyList<TileAddress>()
    private var reading: Job? = null

    /** Says what the map is; again once there is another one. */
    suspend fun open() {
        reading?.cancel()
        kept.clear()
        val info =
            try {
                session.client.map()
            } catch (error: QrocException) {
                shown.update { it.copy(error = session.strings.of(error)) }
                null
            }
        val ground = info?.let { Ground(it.minZoom, it.maxZoom, it.attribution) }
        val source = source()
        shown.update { it.copy(ground = ground, source = source) }
        if (ground != null && wanted.isNotEmpty()) look(wanted)
    }

    private suspend fun source(): MapSource {
        val address =
            try {
                session.client.policy().firstOrNull { it.key == ADDRESS }
            } catch (_: QrocException) {
                null
            }
        return if (address?.value is PolicyValue.Text) MapSource.POLICY else MapSource.FILE
    }

    /** Reads what is not there yet, what is in the middle first; what is not looked at any more is left. */
    fun look(tiles: List<TileAddress>) {
        wanted = tiles
        if (shown.value.ground == null) return
        reading?.cancel()
        reading =
            scope.launch {
                val middle = tiles.size / 2
                for (address in tiles.withIndex().sortedBy { kotlin.math.abs(it.index - middle) }.map { it.value }) {
                    if (kept[address] == null) read(address)
                }
            }
    }

    private suspend fun read(address: TileAddress) {
        val tile =
            try {
                withContext(Dispatchers.Default) {
                    session.client.mapShapes(address.z, address.x, address.y)?.let(GroundTile::of) ?: GroundTile.EMPTY
                }
            } catch (error: QrocException) {
                if (error !is QrocException.Closed) shown.update { it.copy(error = session.strings.of(error)) }
                // Not asked for again and again.
                GroundTile.EMPTY
            }
        kept[address] = tile
        while (kept.size > maxOf(KEPT, wanted.size)) kept.remove(kept.keys.first())
        shown.update { state -> state.copy(ground = state.ground?.copy(tiles = kept.toMap())) }
    }

    /** Has the device's map fetched from where policy says, or copied from a file that the officer chooses. */
    fun take() {
        val source = shown.value.source ?: return
        if (shown.value.taking) return
        scope.launch {
            shown.update { it.copy(taking = true, error = null) }
            try {
                when (source) {
                    MapSource.POLICY -> session.client.fetchMap()
                    MapSource.FILE -> {
                        val file = session.surroundings.chooseFile(photo = false) ?: return@launch
                        try {
                            session.client.takeMap(file)
                        } finally {
                            session.surroundings.release(file)
                        }
                    }
                }
                open()
            } catch (error: QrocException) {
                shown.update { it.copy(error = session.strings.of(error)) }
            } finally {
                shown.update { it.copy(taking = false) }
            }
        }
    }

    private companion object {
        const val ADDRESS = "location.map_url"

        /** Tiles: as many as four screens show. */
        const val KEPT = 96
        const val LOAD = 0.75f
    }
}
