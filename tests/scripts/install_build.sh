# install_build.sh - how the library is built to be installed; sourced by the checks that look at it, after scripts/setup.

install_prefix=$PWD/build-install/installed

build_to_install() {
    configure build-install --buildtype=release --prefix="$install_prefix" --libdir=lib \
        -Ddefault_library=both -Dtests=false -Dexamples=false && compile build-install
}

# Prints where the shared library lies.
built_library() {
    find build-install -maxdepth 2 -name 'libgradus.so' -not -path '*/installed/*' | grep -m 1 .
}
