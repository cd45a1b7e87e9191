/* event.c - TensorBoard's records. */
#include "io/event.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "io/crc32c.h"

static void put_bytes(uint8_t *at, uint64_t value, int count)
{
    for (int i = 0; i < count; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

void gra__event_frame(uint8_t *record, const void *message, size_t bytes)
{
    put_bytes(record, bytes, 8);
    put_bytes(record + 8, gra__crc32c_masked(record, 8), 4);
    memmove(record + 12, message, bytes);
    put_bytes(record + 12 + bytes, gra__crc32c_masked(record + 12, bytes), 4);
}

#ifdef GRA_HAVE_EVENTS

#include "event.pb-c.h"

static bool out_of_memory(const char *op)
{
    gra_fail("%s: out of memory", op);
    return false;
}

static bool put_message(gra__append_file *f, const char *op, const Gra__EventMessage *m)
{
    const size_t bytes = gra__event_message__get_packed_size(m);
    uint8_t *const record = malloc(bytes + 16);
    if (!record)
        return out_of_memory(op);
    gra__event_message__pack(m, record + 12);
    gra__event_frame(record, record + 12, bytes);
    const bool fine = gra__append_file_write(f, op, record, bytes + 16);
    free(record);
    return fine;
}

static bool put_value(gra__append_file *f, const char *op, const gra__event *e,
                      Gra__SummaryValue *value)
{
    Gra__Summary summary = GRA__SUMMARY__INIT;
    Gra__EventMessage m = GRA__EVENT_MESSAGE__INIT;
    value->tag = (char *)e->tag;
    summary.n_value = 1;
    summary.value = &value;
    m.wall_time = e->wall_time;
    m.step = e->step;
    m.what_case = GRA__EVENT_MESSAGE__WHAT_SUMMARY;
    m.summary = &summary;
    return put_message(f, op, &m);
}

static bool put_version(gra__append_file *f, const char *op, const gra__event *e)
{
    Gra__EventMessage m = GRA__EVENT_MESSAGE__INIT;
    m.wall_time = e->wall_time;
    m.what_case = GRA__EVENT_MESSAGE__WHAT_FILE_VERSION;
    m.file_version = "brain.Event:2";
    return put_message(f, op, &m);
}

static bool put_scalar(gra__append_file *f, const char *op, const gra__event *e)
{
    Gra__SummaryValue value = GRA__SUMMARY_VALUE__INIT;
    value.value_case = GRA__SUMMARY_VALUE__VALUE_SIMPLE_VALUE;
    value.simple_value = (float)e->is.scalar;
    return put_value(f, op, e, &value);
}

/* A tensor of one string; the metadata says which of TensorBoard's plugins shows it. */
static bool put_text(gra__append_file *f, const char *op, const gra__event *e)
{
    Gra__SummaryValue value = GRA__SUMMARY_VALUE__INIT;
    Gra__SummaryMetadata metadata = GRA__SUMMARY_METADATA__INIT;
    Gra__SummaryMetadata__PluginData plugin = GRA__SUMMARY_METADATA__PLUGIN_DATA__INIT;
    Gra__Tensor tensor = GRA__TENSOR__INIT;
    Gra__TensorShape shape = GRA__TENSOR_SHAPE__INIT;
    Gra__TensorShape__Dim dim = GRA__TENSOR_SHAPE__DIM__INIT, *dims = &dim;
    ProtobufCBinaryData text = {.len = strlen(e->is.text), .data = (uint8_t *)e->is.text};
    enum { DT_STRING = 7 };
    dim.size = 1;
    shape.n_dim = 1;
    shape.dim = &dims;
    tensor.dtype = DT_STRING;
    tensor.tensor_shape = &shape;
    tensor.n_string_val = 1;
    tensor.string_val = &text;
    plugin.plugin_name = "text";
    metadata.plugin_data = &plugin;
    value.metadata = &metadata;
    value.value_case = GRA__SUMMARY_VALUE__VALUE_TENSOR;
    value.tensor = &tensor;
    return put_value(f, op, e, &value);
}

static bool put_image(gra__append_file *f, const char *op, const gra__event *e)
{
    Gra__SummaryValue value = GRA__SUMMARY_VALUE__INIT;
    Gra__Picture picture = GRA__PICTURE__INIT;
    picture.height = e->is.image.height;
    picture.width = e->is.image.width;
    picture.colorspace = e->is.image.channels;
    picture.encoded_image_string.data = (uint8_t *)e->is.image.png;
    picture.encoded_image_string.len = e->is.image.bytes;
    value.value_case = GRA__SUMMARY_VALUE__VALUE_IMAGE;
    value.image = &picture;
    return put_value(f, op, e, &value);
}

static bool put_histogram(gra__append_file *f, const char *op, const gra__event *e)
{
    Gra__SummaryValue value = GRA__SUMMARY_VALUE__INIT;
    Gra__Histogram histogram = GRA__HISTOGRAM__INIT;
    histogram.min = e->is.histogram.min;
    histogram.max = e->is.histogram.max;
    histogram.num = e->is.histogram.num;
    histogram.sum = e->is.histogram.sum;
    histogram.sum_squares = e->is.histogram.sum_squares;
    histogram.n_bucket_limit = histogram.n_bucket = e->is.histogram.buckets;
    histogram.bucket_limit = e->is.histogram.limits;
    histogram.bucket = e->is.histogram.counts;
    value.value_case = GRA__SUMMARY_VALUE__VALUE_HISTO;
    value.histo = &histogram;
    return put_value(f, op, e, &value);
}

/* ---- graph ---- */

/* The messages of one node, which point to each other. */
typedef struct node_message {
    Gra__NodeDef node;
    Gra__AttrEntry entry, *entries;
    Gra__AttrValue value;
    Gra__AttrValue__List list;
    Gra__TensorShape shape, *shapes;
    Gra__TensorShape__Dim dim[GRA_MAX_DIMS], *dims[GRA_MAX_DIMS];
} node_message;

/* TensorBoard writes the shapes in the attribute _output_shapes at the arrows. */
static void fill_shape(node_message *m, const gra_shape *shape)
{
    gra__tensor_shape__init(&m->shape);
    for (int i = 0; i < shape->count; i++) {
        gra__tensor_shape__dim__init(&m->dim[i]);
        m->dim[i].size = shape->size[i];
        m->dims[i] = &m->dim[i];
    }
    m->shape.n_dim = (size_t)shape->count;
    m->shape.dim = m->dims;
    m->shapes = &m->shape;
    gra__attr_value__list__init(&m->list);
    m->list.n_shape = 1;
    m->list.shape = &m->shapes;
    gra__attr_value__init(&m->value);
    m->value.value_case = GRA__ATTR_VALUE__VALUE_LIST;
    m->value.list = &m->list;
    gra__attr_entry__init(&m->entry);
    m->entry.key = "_output_shapes";
    m->entry.value = &m->value;
    m->entries = &m->entry;
}

static void fill_node(node_message *m, const gra__event_graph_node *node)
{
    fill_shape(m, &node->shape);
    gra__node_def__init(&m->node);
    m->node.name = node->name;
    m->node.op = node->op;
    m->node.n_input = node->input_count;
    m->node.input = node->inputs;
    m->node.n_attr = 1;
    m->node.attr = &m->entries;
}

static bool put_graph_def(gra__append_file *f, const char *op, const gra__event *e,
                          const Gra__GraphDef *graph)
{
    Gra__EventMessage m = GRA__EVENT_MESSAGE__INIT;
    const size_t bytes = gra__graph_def__get_packed_size(graph);
    uint8_t *const packed = malloc(bytes);
    if (!packed)
        return out_of_memory(op);
    gra__graph_def__pack(graph, packed);
    m.wall_time = e->wall_time;
    m.what_case = GRA__EVENT_MESSAGE__WHAT_GRAPH_DEF;
    m.graph_def = (ProtobufCBinaryData){.len = bytes, .data = packed};
    const bool fine = put_message(f, op, &m);
    free(packed);
    return fine;
}

static bool put_graph(gra__append_file *f, const char *op, const gra__event *e)
{
    Gra__GraphDef graph = GRA__GRAPH_DEF__INIT;
    Gra__VersionDef version = GRA__VERSION_DEF__INIT;
    const size_t count = e->is.graph.count;
    node_message *const messages = calloc(count, sizeof *messages);
    Gra__NodeDef **const nodes = calloc(count, sizeof(Gra__NodeDef *));
    bool fine = (messages && nodes) || out_of_memory(op);
    for (size_t i = 0; i < count && fine; i++) {
        fill_node(&messages[i], &e->is.graph.nodes[i]);
        nodes[i] = &messages[i].node;
    }
    enum { GRAPH_DEF_PRODUCER = 22 }; /* the version of graphs that PyTorch writes too */
    version.producer = GRAPH_DEF_PRODUCER;
    graph.versions = &version;
    graph.n_node = count;
    graph.node = nodes;
    fine = fine && put_graph_def(f, op, e, &graph);
    free(messages);
    free(nodes);
    return fine;
}

bool gra__event_write(gra__append_file *f, const char *op, const gra__event *e)
{
    switch (e->kind) {
    case GRA__EVENT_VERSION: return put_version(f, op, e);
    case GRA__EVENT_SCALAR: return put_scalar(f, op, e);
    case GRA__EVENT_TEXT: return put_text(f, op, e);
    case GRA__EVENT_IMAGE: return put_image(f, op, e);
    case GRA__EVENT_HISTOGRAM: return put_histogram(f, op, e);
    case GRA__EVENT_GRAPH: return put_graph(f, op, e);
    }
    return false;
}

#else

bool gra__event_write(gra__append_file *f, const char *op, const gra__event *e)
{
    (void)f;
    (void)e;
    gra_fail("%s: this build of Gradus writes no event files; install libprotobuf-c-dev and "
             "protobuf-c-compiler and build again",
             op);
    return false;
}

#endif
