//! Table `bot_command`: the commands a bot's program announced (docs/api.md).

use crate::base::id::BotId;
use crate::store::row::CommandRow;
use crate::store::{Error, Store};

impl Store {
    /// A bot's commands, in the order its program gave them.
    pub fn list_commands(&self, bot: BotId) -> Result<Vec<CommandRow>, Error> {
        self.rows("SELECT command, description FROM bot_command WHERE bot_id = ? ORDER BY id", &[&bot.0], |row| {
            Ok(CommandRow { command: row.get(0)?, description: row.get(1)? })
        })
    }

    /// Replaces a bot's commands.
    pub fn store_commands(&mut self, bot: BotId, commands: &[CommandRow]) -> Result<(), Error> {
        self.write("DELETE FROM bot_command WHERE bot_id = ?", &[&bot.0])?;
        for row in commands {
            self.write(
                "INSERT INTO bot_command (bot_id, command, description) VALUES (?, ?, ?)",
                &[&bot.0, &row.command, &row.description],
            )?;
        }
        Ok(())
    }
}
