package io.understudy.engines.postgres.replication;

class BaseBackupFromOldestTest extends BaseBackupTest {
    @Override
    Binaries unpack() throws Exception {
        return Binaries.oldest();
    }
}
