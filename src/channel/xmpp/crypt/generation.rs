//! A database that was put back from an older copy would use keys a second time: ratchets would go back, and prekeys that
//! were used would be offered again. The store's generation shows it; then all prekeys are made anew, and sessions are
//! good for decrypting only, until a new one takes their place. Identity keys stay, so that nobody has to trust anew.

use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::crypt::kinds::PUT_BACK;
use crate::channel::xmpp::crypt::version_of;
use crate::core::batch::Batch;
use crate::store;

impl Accounts {
    /// At the start. Without devices there is nothing to be used twice, and nothing is written.
    pub(crate) fn watch_generation(&mut self, batch: &mut Batch) -> Result<(), store::Error> {
        let devices = batch.store.list_omemo_devices()?;
        if devices.is_empty() {
            return Ok(());
        }
        if batch.store.is_put_back()? {
            let text = "the database was put back from an older copy: OMEMO sessions begin anew, with new prekeys";
            log::warn!("{text}");
            batch.audit(None, "omemo_put_back", text)?;
            for (account, version) in devices {
                let Some((mut device, mut row)) = self.device(batch, account, version_of(version))? else { continue };
                batch.with_entropy(|entropy| device.renew(batch.lived(), entropy));
                row.record = device.to_bytes().to_vec();
                row.revision += 1;
                batch.store.store_omemo_device(account, version, &row)?;
            }
            batch.store.store_omemo_owed(PUT_BACK)?;
        }
        batch.store.begin_generation()
    }
}

impl Batch {
    /// Now and then, and at the end: copies made before are older from now on.
    pub(crate) fn end_generation(&mut self) -> Result<(), store::Error> {
        if self.store.is_generation_outlived() && !self.store.list_omemo_devices()?.is_empty() {
            self.store.begin_generation()?;
        }
        Ok(())
    }
}
