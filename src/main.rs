//! The program: arguments, configuration, log, and then the daemon or one command. Turns every outcome into an exit code.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use botmother::cli::args::{self, Args, Command};
use botmother::cli::log::{self, Purpose};
use botmother::cli::{self, Exit, Failed};
use botmother::config::{self, Config, Environment, Files};
use botmother::daemon;

fn main() -> ExitCode {
    let args = match args::parse(args::of_process()) {
        Ok(args) => args,
        Err(usage) => return end(Failed { exit: Exit::Usage, text: usage.to_string() }),
    };
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => end(failed),
    }
}

fn run(args: Args) -> Result<(), Failed> {
    if let Some(text) = cli::text_of(&args.command) {
        cli::print(text);
        return Ok(());
    }
    let environment = Environment::of_process();
    let (purpose, files) = match args.command {
        Command::Run => (Purpose::Daemon, Files::Read),
        Command::ConfigCheck | Command::ConfigDump(_) | Command::Doctor(_) => (Purpose::Command, Files::Read),
        _ => (Purpose::Command, Files::LeaveAlone),
    };
    log::start(purpose, args.verbose, &environment);
    args.options.log_format.into_iter().for_each(log::set_format);
    let load = || config::load(&args.options, &environment, files);
    let config = load().map_err(|error| {
        let hint = "`botmother help config` explains every key";
        Failed { exit: Exit::Config, text: format!("the configuration cannot be used\n{error}\n{hint}") }
    })?;
    log::set_format(config.log_format);
    match args.command {
        Command::Run => run_daemon(config, daemon::Reload { read: &load, set_log_format: log::set_format }),
        command => cli::run(command, &config),
    }
}

fn run_daemon(config: Config, reload: daemon::Reload<'_>) -> Result<(), Failed> {
    daemon::run(config, reload).map_err(|error| {
        let hint = match &error {
            daemon::Error::Store(botmother::store::Error::Corrupt(_)) => {
                "\nnothing was changed; `botmother restore FILE` puts a backup back and keeps what is there, and `botmother \
                 doctor` looks at the rest"
            }
            daemon::Error::File(_, io) | daemon::Error::Store(botmother::store::Error::Io { source: io, .. })
                if io.kind() == ErrorKind::ReadOnlyFilesystem =>
            {
                "\nit is mounted read-only: after errors of the disk (dmesg) check it, then mount it with -o remount,rw; or \
                 choose another place with --data"
            }
            _ => "",
        };
        Failed { exit: exit_of(&error), text: format!("{error}{hint}") }
    })
}

/// 78 is what a person must change before another start can go better: the service manager then does not try again.
fn exit_of(error: &daemon::Error) -> Exit {
    use botmother::store;
    use daemon::Error;
    match error {
        Error::File(_, io)
        | Error::Listen(_, io)
        | Error::Socket(_, io)
        | Error::Metrics(_, io)
        | Error::Store(store::Error::Io { source: io, .. })
            if io.kind() == ErrorKind::PermissionDenied =>
        {
            Exit::Permission
        }
        Error::Tls(_) | Error::Files(_) | Error::Mqtt(_) => Exit::Config,
        Error::Store(
            store::Error::NoKey | store::Error::BadKey(_) | store::Error::WrongKey | store::Error::Newer { .. },
        ) => Exit::Config,
        Error::File(..) | Error::Store(store::Error::Io { .. }) => Exit::CannotCreate,
        Error::Store(_) => Exit::Io,
        Error::Listen(..) | Error::Socket(..) | Error::Metrics(..) | Error::Thread(_) => Exit::Failed,
    }
}

fn end(failed: Failed) -> ExitCode {
    // In one write: whoever reads it by a pipe has all of it or nothing.
    let text = failed.text.trim_end().replace('\n', "\n  ");
    if !text.is_empty() {
        let _ = io::stderr().write_all(format!("botmother: {text}\n").as_bytes());
    }
    ExitCode::from(failed.exit as u8)
}
