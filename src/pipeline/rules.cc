#include "pipeline/rules.h"

#include "pipeline/pipeline.h"

namespace kvs::pipeline {
namespace {

constexpr Rule kRules[] = {
    {"miss", EndTables},
    {"guard", GuardAll},
    {"admit-host", AdmitHost},
    {"admit-pod", AdmitPod},
    {"guard-gateway", GuardGateway},
    {"admit-node", AdmitNode},
    {"neighbours", GuardNeighbours},
    {"answer-pod", AnswerPod},
    {"connections", TrackConnections},
    {"limit-connections", LimitConnections},
    {"refuse-connections", RefuseConnections,
     "the pod has more connections than maxConnectionsPerPod in ConfigMap kube-system/k-vswitch "
     "lets it"},
    {"limit-fragments", LimitFragments},
    {"deny-metadata", DenyMetadata, "metadataAccess in ConfigMap kube-system/k-vswitch is deny"},
    {"route-home", RouteHome},
    {"route-pod", RoutePod},
    {"route-node", RouteNode},
    {"guard-tunnels", GuardTunnels},
    {"guard-tunnel", GuardTunnel},
    {"host", EquipHost},
    {"host-address", GuardAddressByHost},
    {"host-pod-route", RoutePodByHost},
    {"host-node-route", RouteNodeByHost},
    {"host-tunnel", GuardTunnelByHost},
    {"host-port", EquipPortByHost},
};

}  // namespace

std::span<const Rule> Rules() { return kRules; }

}  // namespace kvs::pipeline
