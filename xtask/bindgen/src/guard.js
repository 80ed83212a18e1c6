
let tell = () => {};

/**
 * Calls `listener` with whatever a call into the module throws; a trap ends the instance.
 */
export function onThrown(listener) {
    tell = listener;
}

function guarded(exports) {
    const guard = (method) => (...args) => {
        try {
            return method(...args);
        } catch (thrown) {
            tell(thrown);
            throw thrown;
        }
    };
    const entries = Object.entries(exports).map(([name, it]) => [name, typeof it === 'function' ? guard(it) : it]);
    return Object.fromEntries(entries);
}
