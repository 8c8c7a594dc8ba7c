#pragma once
// A layer between SQLite and the disk that fails the Nth write, sync, truncate or delete, once or
// from then on, and that can cut the power: whatever was not synced is then lost, in part or as a
// whole. Without shared memory, so it works for WAL only in exclusive locking mode (which the
// store uses). One thread.

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <new>
#include <string>
#include <vector>

#include <sqlite3.h>

namespace noci::testing {

class FaultyVfs {
 public:
  FaultyVfs() : real_(sqlite3_vfs_find(nullptr)) {
    vfs_ = *real_;
    vfs_.zName = name;
    vfs_.pNext = nullptr;
    vfs_.pAppData = this;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.xOpen = &open;
    vfs_.xDelete = &remove;
    sqlite3_vfs_register(&vfs_, 0);
  }

  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  ~FaultyVfs() { sqlite3_vfs_unregister(&vfs_); }

  static constexpr const char* name = "noci-faulty";

  /// The `nth` call from now (1: the next) fails with `status`; with `for_ever` all later ones too.
  void fail(int nth, bool for_ever, int status = SQLITE_IOERR_WRITE) {
    countdown_ = nth;
    for_ever_ = for_ever;
    status_ = status;
    failed_ = false;
  }

  void heal() { countdown_ = 0; }

  [[nodiscard]] bool has_failed() const { return failed_; }

  /// Files open as if they were write-protected.
  void protect(bool read_only) { read_only_ = read_only; }

  /// After the database is closed: each write since a file's last sync is kept, torn or lost as
  /// `fate` says (2, 1, 0).
  void cut_power(const std::function<int()>& fate) {
    for (auto& [path, log] : logs_) {
      std::string content = log.synced;
      for (const Change& change : log.unsynced) {
        const int kept = fate();
        if (kept > 0) {
          apply(change, kept == 1, content);
        }
      }
      std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    }
    logs_.clear();
  }

 private:
  struct Change {
    bool truncate = false;
    std::size_t offset = 0;  ///< or the new size
    std::string bytes;
  };

  struct Log {
    std::string synced;
    std::vector<Change> unsynced;
  };

  struct File {
    sqlite3_file base;
    FaultyVfs* vfs;
    Log* log;  ///< nullptr for temporary files
    std::string* path;

    [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  static File* file_of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

  static sqlite3_file* real_of(sqlite3_file* file) { return file_of(file)->real(); }

  static std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    std::string content(in ? static_cast<std::size_t>(in.tellg()) : 0, '\0');
    in.seekg(0).read(content.data(), static_cast<std::streamsize>(content.size()));
    return content;
  }

  static void apply(const Change& change, bool torn, std::string& content) {
    if (change.truncate) {
      content.resize(change.offset);
      return;
    }
    const std::size_t size = torn ? change.bytes.size() / 2 : change.bytes.size();
    content.resize(std::max(content.size(), change.offset + size));
    content.replace(change.offset, size, change.bytes, 0, size);
  }

  bool fails() {
    if (countdown_ == 0 || (countdown_ > 1 && countdown_-- > 1)) {
      return false;
    }
    failed_ = true;
    countdown_ = for_ever_ ? 1 : 0;
    return true;
  }

  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
    auto* self = static_cast<FaultyVfs*>(vfs->pAppData);
    auto* ours = new (file) File{{nullptr}, self, nullptr, nullptr};
    if (self->read_only_ && (flags & SQLITE_OPEN_READWRITE) != 0) {
      flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    }
    const int status = self->real_->xOpen(self->real_, path, ours->real(), flags, out);
    if (status != SQLITE_OK) {
      return status;
    }
    static const sqlite3_io_methods methods = make_methods();
    ours->base.pMethods = &methods;
    if (path != nullptr) {
      const auto [found, added] = self->logs_.try_emplace(path);
      if (added) {
        found->second.synced = read_file(path);
      }
      ours->log = &found->second;
      ours->path = new std::string(path);
    }
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* path, int) {
    auto* self = static_cast<FaultyVfs*>(vfs->pAppData);
    if (self->fails()) {
      return SQLITE_IOERR_DELETE;
    }
    self->logs_.erase(path);
    return self->real_->xDelete(self->real_, path, 0);
  }

  static int close(sqlite3_file* file) {
    delete file_of(file)->path;
    return real_of(file)->pMethods->xClose(real_of(file));
  }

  static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    File* ours = file_of(file);
    int written = size;
    const bool failing = ours->vfs->fails();
    if (failing) {
      written = size / 2;  // a full disk takes what it can
    }
    if (ours->log != nullptr && written > 0) {
      ours->log->unsynced.push_back(
          {false, static_cast<std::size_t>(offset),
           std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(written))});
    }
    const int status = written == 0
                           ? SQLITE_OK
                           : ours->real()->pMethods->xWrite(ours->real(), bytes, written, offset);
    return failing ? ours->vfs->status_ : status;
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    File* ours = file_of(file);
    if (ours->vfs->fails()) {
      return SQLITE_IOERR_TRUNCATE;
    }
    if (ours->log != nullptr) {
      ours->log->unsynced.push_back({true, static_cast<std::size_t>(size), {}});
    }
    return ours->real()->pMethods->xTruncate(ours->real(), size);
  }

  static int sync(sqlite3_file* file, int) {
    File* ours = file_of(file);
    if (ours->vfs->fails()) {
      return SQLITE_IOERR_FSYNC;
    }
    if (ours->log != nullptr) {
      ours->log->synced = read_file(*ours->path);
      ours->log->unsynced.clear();
    }
    return SQLITE_OK;  // what survives is decided by cut_power; the real disk would only be slow
  }

  static sqlite3_io_methods make_methods() {
    sqlite3_io_methods methods{};
    methods.iVersion = 1;
    methods.xClose = &close;
    methods.xWrite = &write;
    methods.xTruncate = &truncate;
    methods.xSync = &sync;
    methods.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 offset) {
      return real_of(f)->pMethods->xRead(real_of(f), to, size, offset);
    };
    methods.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return real_of(f)->pMethods->xFileSize(real_of(f), size);
    };
    methods.xLock = [](sqlite3_file* f, int level) {
      return real_of(f)->pMethods->xLock(real_of(f), level);
    };
    methods.xUnlock = [](sqlite3_file* f, int level) {
      return real_of(f)->pMethods->xUnlock(real_of(f), level);
    };
    methods.xCheckReservedLock = [](sqlite3_file* f, int* out) {
      return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
    };
    methods.xFileControl = [](sqlite3_file* f, int what, void* value) {
      return real_of(f)->pMethods->xFileControl(real_of(f), what, value);
    };
    methods.xSectorSize = [](sqlite3_file* f) {
      return real_of(f)->pMethods->xSectorSize(real_of(f));
    };
    methods.xDeviceCharacteristics = [](sqlite3_file* f) {
      return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
    };
    return methods;
  }

  sqlite3_vfs* real_;
  sqlite3_vfs vfs_{};
  std::map<std::string, Log> logs_;
  int countdown_ = 0;
  bool for_ever_ = false;
  bool failed_ = false;
  bool read_only_ = false;
  int status_ = SQLITE_IOERR_WRITE;
};

}  // namespace noci::testing
