//! The files a configuration was made from, for whoever wants to know when one of them changes.

use std::path::PathBuf;

use super::load::Loaded;

impl Loaded {
    /// Every file that was read: those of the configuration, and those that hold a key.
    pub fn sources(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = self.files.iter().map(|file| file.path.clone()).collect();
        let places = self
            .config
            .models
            .keys()
            .filter_map(|name| self.config.deployments(name).ok())
            .flatten();
        for place in places {
            let found = self.credential(&place).ok().flatten();
            files.extend(found.and_then(|found| found.place.file));
        }
        files.sort_unstable();
        files.dedup();
        files
    }
}

#[cfg(test)]
mod tests {
    use crate::config::testing::{Place, put_private};

    #[test]
    fn files_of_keys_are_among_them() {
        let place = Place::new().user(
            "[providers.p]\nkind = \"openai\"\napi_key = { file = \"key\" }\n[models.m]\nprovider = \"p\"\n",
        );
        let key = place.target().config.with_file_name("key");
        put_private(&key, "sk-test-0123456789\n");
        let mut wanted = vec![place.target().config, key];
        wanted.sort_unstable();
        assert_eq!(place.load().unwrap().sources(), wanted);
    }
}
