//! Reading the configuration again when one of its files changes.
//!
//! The files are looked at every few seconds rather than watched by the kernel: that works the same on
//! network mounts, through the symbolic links of container volumes and for editors that replace a
//! file. A change is acted on once the files have stood still for one look, so that half a file is
//! not read and many changes are one reload. A wrong configuration changes nothing and is told in
//! the log; the next change is tried again.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::app::App;

/// How files look: when each was written, and how long it is. `None` where there is none.
pub type Looks = Vec<(PathBuf, Option<(SystemTime, u64)>)>;

/// How these files look now. Follows links: a volume swaps what they point to.
pub fn looks(files: impl IntoIterator<Item = PathBuf>) -> Looks {
    let look = |file: PathBuf| {
        let found = std::fs::metadata(&file).ok();
        let look = found.and_then(|found| Some((found.modified().ok()?, found.len())));
        (file, look)
    };
    files.into_iter().map(look).collect()
}

/// Looks at the files for as long as the server runs.
pub async fn watch(app: &Arc<App>) -> Infallible {
    let mut ticks = tokio::time::interval(app.options().look_every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut before = Looks::new();
    let mut refused = None;
    loop {
        ticks.tick().await;
        let current = app.current();
        let files: Vec<PathBuf> = current.files.iter().map(|(file, _)| file.clone()).collect();
        let now = tokio::task::spawn_blocking(move || looks(files));
        let Ok(now) = now.await else { continue };
        let stands_still = now == before;
        before.clone_from(&now);
        let is_known = now == current.files || refused.as_ref() == Some(&now);
        if is_known || !stands_still || !current.server.reload_on_change {
            continue;
        }
        if !reload(app).await {
            refused = Some(now);
        }
    }
}

async fn reload(app: &Arc<App>) -> bool {
    let result = match app.reload().await {
        Ok(current) => app
            .reload_prompts()
            .await
            .map(|_| current.gateway.models().len()),
        Err(errors) => Err(errors),
    };
    match result {
        Ok(models) => {
            tracing::info!(models, "configuration reloaded: a file changed");
            true
        }
        Err(errors) => {
            let code = errors.code().name();
            tracing::error!(code, error = %errors, "a changed configuration is not used");
            false
        }
    }
}
