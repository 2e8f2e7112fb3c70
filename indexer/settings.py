"""What an operator may set about the catalogue, the snapshots and the index, and how they are opened."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from analyzers.analysis import default_analyzer
from indexer.catalogue import Catalogue
from indexer.documents import index_version
from indexer.engine import Engine
from indexer.follower import Follower
from indexer.snapshots import SnapshotStore
from indexer.tantivy_engine import TantivyEngine


class StoreSettings(BaseModel):
    """Where everything is kept."""

    data_dir: Path = Field(Path("gongkai-data"), description="Everything that the program keeps lies under it.")
    catalogue_url: str | None = Field(
        None, description="SQLAlchemy address of the catalogue; a SQLite file in DATA_DIR if absent."
    )
    snapshots_url: str | None = Field(
        None, description="Folder or fsspec address of the raw bytes; DATA_DIR/snapshots if absent."
    )
    engine: Literal["tantivy", "elasticsearch"] = Field("tantivy", description="The search engine.")
    elasticsearch_url: str = Field("http://127.0.0.1:9200", description="Address of the cluster.")
    elasticsearch_index: str = Field(
        "gongkai", pattern=r"^[a-z0-9][a-z0-9_-]{0,99}$", description="Alias of the index; each index has a suffix."
    )
    elasticsearch_user: str | None = Field(None, description="User for basic authentication.")
    elasticsearch_password: str | None = Field(None, repr=False, description="Its password.")
    elasticsearch_api_key: str | None = Field(None, repr=False, description="API key, instead of user and password.")
    elasticsearch_ca_certs: str | None = Field(None, description="File with the certificates to trust.")
    elasticsearch_shards: int = Field(1, ge=1, le=1000, description="Primary shards of a new index.")
    elasticsearch_replicas: int = Field(0, ge=0, le=10, description="Copies of each shard of a new index.")
    index_workers: int | None = Field(
        None, ge=1, le=256, description="Processes that analyse; cores less one if absent."
    )

    def open_catalogue(self) -> Catalogue:
        return Catalogue.open(self.catalogue_url or f"sqlite:///{self.data_dir / 'catalogue.db'}")

    def open_snapshots(self) -> SnapshotStore:
        return SnapshotStore(self.snapshots_url or str(self.data_dir / "snapshots"))

    def open_engine(self) -> Engine:
        version = index_version(default_analyzer())
        if self.engine == "tantivy":
            return TantivyEngine(self.data_dir / "index" / "tantivy", version=version)
        from indexer.elasticsearch_engine import ElasticsearchEngine  # half a second that others need not pay

        return ElasticsearchEngine.connect(
            self.elasticsearch_url,
            alias=self.elasticsearch_index,
            version=version,
            user=self.elasticsearch_user,
            password=self.elasticsearch_password,
            api_key=self.elasticsearch_api_key,
            ca_certs=self.elasticsearch_ca_certs,
            shards=self.elasticsearch_shards,
            replicas=self.elasticsearch_replicas,
        )

    def follower(self, catalogue: Catalogue, engine: Engine) -> Follower:
        return Follower(catalogue, engine, lock=self.data_dir / "index" / "writer.lock", workers=self.index_workers)
