// swrite's operator: events in the form, and in the file, in which they leave.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/path.h"
#include "ops/file_name.h"
#include "stream/known_names.h"
#include "stream/operator.h"

namespace streamutils {

enum class WriteForm : std::uint8_t { ndjson, csv, tsv, table };

// When another file is begun.  NAME.EXT becomes NAME-000001.EXT and so on by size, and by time
// NAME-2026-11-22T10:00:00Z.EXT, the start of the span that holds the event.  Names depend on the
// events alone.
struct Rotation {
  std::optional<std::uint64_t> size;  // bytes: a file is not made larger than this
  std::optional<Duration> every;      // the operator takes time
};

struct WriteOptions {
  WriteForm form = WriteForm::ndjson;
  std::vector<Path> columns;     // of rows; empty: the members of the first event
  bool header = true;            // of rows
  std::optional<FileName> file;  // Emitter::emit_to; without it Emitter::emit
  Rotation rotation;             // needs a file
  // For what is known of files that have not been written for long; null: it stays in the state.
  std::shared_ptr<NameNotes> notes = nullptr;
};

// Refuses a table in several files.
Result<OperatorPtr> make_write(WriteOptions options);

}  // namespace streamutils
