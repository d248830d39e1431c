#pragma once

#include "pipeline/plan.h"
#include "world/world.h"

// All rules, one per packet behaviour, declared for the list in rules.cc; each is in the file that
// is named above it. Verbs like "answer" and "admit" say what the flows do.
namespace kvs::pipeline {

// miss.cc
void EndTables(const View&, const world::Self&, Plan&);

// classify.cc
void GuardAll(const View&, const world::Self&, Plan&);
void AdmitHost(const View&, const world::Self&, Plan&);
void AdmitPod(const View&, const world::Port&, Plan&);
void GuardGateway(const View&, const world::Self&, Plan&);
void AdmitNode(const View&, const world::Node&, Plan&);

// neighbours.cc
void GuardNeighbours(const View&, const world::Self&, Plan&);
void AnswerPod(const View&, const world::Port&, Plan&);

// connections.cc
void TrackConnections(const View&, const world::Self&, Plan&);

// limits.cc
void LimitConnections(const View&, const world::Port&, Plan&);
void RefuseConnections(const View&, const world::CrowdedPort&, Plan&);
void LimitFragments(const View&, const world::Port&, Plan&);

// metadata.cc
void DenyMetadata(const View&, const world::Self&, Plan&);

// tunnel_guard.cc
void GuardTunnels(const View&, const world::Self&, Plan&);
void GuardTunnel(const View&, const world::Node&, Plan&);

// route.cc
void RouteHome(const View&, const world::Self&, Plan&);
void RoutePod(const View&, const world::Port&, Plan&);
void RouteNode(const View&, const world::Node&, Plan&);

// host.cc
void EquipHost(const View&, const world::Self&, Plan&);
void GuardAddressByHost(const View&, const world::NodeAddress&, Plan&);
void RoutePodByHost(const View&, const world::Port&, Plan&);
void RouteNodeByHost(const View&, const world::Node&, Plan&);
void GuardTunnelByHost(const View&, const world::Node&, Plan&);
void EquipPortByHost(const View&, const world::Port&, Plan&);

}  // namespace kvs::pipeline
