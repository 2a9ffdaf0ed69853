package eu.qroc.ui.shell

import eu.qroc.bridge.Client
import eu.qroc.bridge.Vault

/** Who keeps the open account. On a phone it outlives the screens: services use it while there is none. */
interface Accounts {
    /** What opens the account without a passphrase; nothing where the officer types one. */
    val vault: Vault?

    /** The account, where it is open already. */
    val open: Client?

    /** Opens the account, or hands out the one that is open. */
    suspend fun open(open: suspend () -> Client): Client

    /** The account is closed, or about to be. */
    fun closed(client: Client)

    /** The account was signed out or erased: nothing of it is on this device any more. */
    fun gone()

    /** Of a program that ends with its window. */
    class Own : Accounts {
        override val vault: Vault? get() = null
        override val open: Client? get() = null

        override suspend fun open(open: suspend () -> Client): Client = open()

        override fun closed(client: Client) = Unit

        override fun gone() = Unit
    }
}
