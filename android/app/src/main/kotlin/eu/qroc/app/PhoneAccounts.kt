package eu.qroc.app

import android.content.Context
import eu.qroc.bridge.Client
import eu.qroc.bridge.Vault
import eu.qroc.platform.Duty
import eu.qroc.platform.KeystoreVault
import eu.qroc.platform.SyncJob
import eu.qroc.ui.shell.Accounts

/** The account of the process, for the screens. */
internal class PhoneAccounts(
    private val context: Context,
    private val duty: Duty,
) : Accounts {
    override val vault: Vault get() = duty.vault
    override val open: Client? get() = duty.client.value

    override suspend fun open(open: suspend () -> Client): Client = duty.open(open)

    override fun closed(client: Client) = duty.closed(client)

    override fun gone() {
        SyncJob.cancel(context)
        // What they opened is gone; keys that nothing needs are none of the next officer's.
        KeystoreVault.clear()
    }
}
