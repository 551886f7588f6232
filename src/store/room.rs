//! Tables `room` and `room_member`: the rooms bots are in, with how far each is read, and which bots.

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::store::row::RoomRow;
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

impl Store {
    /// The rooms of an account.
    pub fn list_rooms(&self, account: AccountId) -> Result<Vec<RoomRow>, Error> {
        self.rows(
            "SELECT room, nick, password, archive_mark, heard_at, private FROM room WHERE account_id = ? ORDER BY room",
            &[&account.0],
            |row| {
                let room = bare_jid(&row.get::<_, String>(0)?)?;
                Ok(RoomRow {
                    account,
                    nick: row.get(1)?,
                    password: self.opened(&password_place(account, &room), row.get(2)?)?,
                    archive_mark: row.get(3)?,
                    heard_at_ms: row.get(4)?,
                    is_private: row.get(5)?,
                    members: self.list_members(account, &room)?,
                    room,
                })
            },
        )
    }

    /// Keeps a room, new or as it is now.
    pub fn store_room(&mut self, room: &RoomRow) -> Result<(), Error> {
        let password = self.sealed(&password_place(room.account, &room.room), room.password.as_ref());
        self.write(
            "INSERT OR REPLACE INTO room (account_id, room, nick, password, archive_mark, heard_at, private)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            &[
                &room.account.0,
                &room.room.as_str(),
                &room.nick,
                &password,
                &room.archive_mark,
                &room.heard_at_ms,
                &room.is_private,
            ],
        )?;
        self.delete_members(room.account, &room.room)?;
        for bot in &room.members {
            self.write(
                "INSERT INTO room_member (account_id, room, bot_id) VALUES (?, ?, ?)",
                &[&room.account.0, &room.room.as_str(), &bot.0],
            )?;
        }
        Ok(())
    }

    /// Everything that was said in a room until then is committed. Nothing happens when it is not kept.
    pub fn store_room_mark(
        &mut self,
        account: AccountId,
        room: &BareJid,
        archive_mark: Option<&str>,
        heard_at_ms: i64,
    ) -> Result<(), Error> {
        self.write(
            "UPDATE room SET archive_mark = ?, heard_at = ? WHERE account_id = ? AND room = ?",
            &[&archive_mark, &heard_at_ms, &account.0, &room.as_str()],
        )?;
        Ok(())
    }

    /// Forgets a room.
    pub fn delete_room(&mut self, account: AccountId, room: &BareJid) -> Result<(), Error> {
        self.delete_members(account, room)?;
        self.write("DELETE FROM room WHERE account_id = ? AND room = ?", &[&account.0, &room.as_str()])?;
        Ok(())
    }

    fn list_members(&self, account: AccountId, room: &BareJid) -> Result<Vec<BotId>, Error> {
        self.rows(
            "SELECT bot_id FROM room_member WHERE account_id = ? AND room = ? ORDER BY bot_id",
            &[&account.0, &room.as_str()],
            |row| Ok(BotId(row.get(0)?)),
        )
    }

    fn delete_members(&mut self, account: AccountId, room: &BareJid) -> Result<(), Error> {
        self.write("DELETE FROM room_member WHERE account_id = ? AND room = ?", &[&account.0, &room.as_str()])?;
        Ok(())
    }
}

fn password_place(account: AccountId, room: &BareJid) -> String {
    format!("room.password:{account}:{room}")
}
