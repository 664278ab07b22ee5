//===- KernelPanels.cpp - Tiles of a kernel, panel by panel ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel may copy what some rows read into a buffer, a panel, before the
// blocks of columns use it. Panels cover whole tiles.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace qdot;

bool KernelEmitter::hasOnePanel() const {
  return !plan.row.isDynamic() && plan.row.size <= getPanelRows();
}

LogicalResult KernelEmitter::forPanels(const TilePosition &at, OnPanel body) {
  if (hasOnePanel()) {
    beginPanel(at, constant(plan.row.size));
    return body([&](const TilePosition &position, OnTile onTile) {
      return forTiles(position, onTile);
    });
  }
  int64_t rows = kernel.getRows();
  Share share = takeShare();
  // The tiles are the last level; within them nothing is shared.
  auto emitSets = [&](ArrayRef<TileSet> sets) {
    return inShare(share, constant(0), [&] {
      return success(llvm::all_of(sets, [&](const TileSet &set) {
        return succeeded(forPanelsOf(set, at, share, body));
      }));
    });
  };
  if (plan.row.isDynamic()) {
    Value tiles =
        arith::DivUIOp::create(builder, loc, getFullRows(), constant(rows));
    TileSet full{constant(0), constant(0), tiles, rows};
    return success(succeeded(emitSets(full)) &&
                   succeeded(forDynamicRest(at, share, tiles, body)));
  }
  RowTiles tiles = getTiles();
  TileSet full{constant(0), constant(0), constant(tiles.full), rows};
  TileSet rest{constant(tiles.full * rows), constant(tiles.full),
               constant(tiles.rest), tiles.restRows};
  SmallVector<TileSet> sets;
  if (tiles.full)
    sets.push_back(full);
  if (tiles.rest)
    sets.push_back(rest);
  return emitSets(sets);
}

LogicalResult KernelEmitter::forPanelsOf(const TileSet &set,
                                         const TilePosition &at,
                                         const Share &share, OnPanel body) {
  Value from = constant(0), to = set.tiles;
  if (share.from) {
    // Of the tiles of all sets, those of this one.
    Value end = add(set.number, set.tiles);
    auto clamp = [&](Value tile) -> Value {
      tile = arith::MaxUIOp::create(builder, loc, tile, set.number);
      tile = arith::MinUIOp::create(builder, loc, tile, end);
      return arith::SubIOp::create(builder, loc, tile, set.number);
    };
    from = clamp(share.from);
    to = clamp(share.to);
  }
  int64_t step = getPanelRows() / set.rows;
  return emitLoop(from, to, step, [&](Value first) {
    Value last = arith::MinUIOp::create(builder, loc, addConstant(first, step),
                                        to);
    auto positionOf = [&](const TilePosition &start, Value tile) {
      return advance(start, plan.row,
                     add(multiply(tile, set.rows), set.first));
    };
    Value tiles = arith::SubIOp::create(builder, loc, last, first);
    beginPanel(positionOf(at, first), multiply(tiles, set.rows));
    return body([&](const TilePosition &position, OnTile onTile) {
      return emitLoop(first, last, 1, [&](Value tile) {
        return onTile(positionOf(position, tile), set.rows);
      });
    });
  });
}

/// The rows behind the full tiles, if there are any, are one panel.
LogicalResult KernelEmitter::forDynamicRest(const TilePosition &at,
                                            const Share &share, Value tiles,
                                            OnPanel body) {
  if (kernel.getRows() == 1)
    return success();
  Value from = multiply(tiles, kernel.getRows());
  Value rest = arith::SubIOp::create(builder, loc, getSize(plan.row), from);
  auto isAny = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                     rest, constant(0));
  auto choice = scf::IfOp::create(builder, loc, isAny, /*withElse=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&choice.getThenRegion().front());
  return emitAt(share, tiles, [&] {
    beginPanel(advance(at, plan.row, from), rest);
    return body([&](const TilePosition &position, OnTile onTile) {
      return emitDynamicRest(position, from, onTile);
    });
  });
}
