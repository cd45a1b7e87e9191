/* all.h - all cases: without CASE defined the functions that they use, with it the list. */
#include "elementwise.h"
#include "images.h"
#include "losses.h"
#include "products.h"
#include "reductions.h"
#include "shapes.h"
#include "views.h"
#include "windows.h"
