package io.understudy.engines.postgres.replication;

class BaseBackupFromNewestTest extends BaseBackupTest {
    @Override
    Binaries unpack() throws Exception {
        return Binaries.newest();
    }
}
