using System.Runtime.InteropServices.JavaScript;
using System.Runtime.Versioning;

namespace MicroGpt.Explorer;

/// <summary>What the page asks of the browser, and what the browser tells it: explorer.js is the other side.</summary>
[SupportedOSPlatform("browser")]
public static partial class Browser
{
    const string Module = "explorer";

    /// <summary>A key, wherever the focus is; true: it meant something here.</summary>
    public static event Func<Key, bool>? KeyPressed;

    /// <summary>Back or forward: the address has another query now.</summary>
    public static event Action<string>? AddressChanged;

    /// <summary>The system changed between light (false) and dark.</summary>
    public static event Action<bool>? ThemeChanged;

    /// <summary>The pointer is above a number, given by its key, or (empty) has left it.</summary>
    public static event Action<string>? Hovered;

    /// <summary>A number was clicked.</summary>
    public static event Action<string>? Picked;

    /// <summary>Loads explorer.js; before everything else.</summary>
    public static async Task StartAsync()
    {
        await JSHost.ImportAsync(Module, "../explorer.js");
        await Start();
    }

    [JSImport("start", Module)]
    private static partial Task Start();

    [JSImport("address", Module)]
    public static partial string Address();

    [JSImport("link", Module)]
    public static partial string Link();

    [JSImport("go", Module)]
    public static partial void Go(string search, bool replace);

    [JSImport("isDark", Module)]
    public static partial bool IsDark();

    [JSImport("switchTheme", Module)]
    public static partial bool SwitchTheme();

    [JSImport("prefersStill", Module)]
    public static partial bool PrefersStill();

    [JSImport("isNarrow", Module)]
    public static partial bool IsNarrow();

    /// <summary>Paints a canvas, pixel by pixel.</summary>
    /// <param name="canvas">Its id.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="rgba">[height * width * 4].</param>
    [JSImport("paint", Module)]
    public static partial void Paint(
        string canvas, int width, int height, [JSMarshalAs<JSType.MemoryView>] Span<byte> rgba);

    [JSImport("copy", Module)]
    public static partial void Copy(string text);

    [JSImport("focus", Module)]
    public static partial void Focus(string id);

    [JSImport("download", Module)]
    public static partial void Download(string name, string type, string text);

    [JSImport("picture", Module)]
    public static partial void Picture(string id, string name);

    [JSExport]
    internal static bool OnKey(string key, bool shift, bool inGrid) =>
        KeyPressed?.Invoke(new(key, shift, inGrid)) ?? false;

    [JSExport]
    internal static void OnAddress(string search) => AddressChanged?.Invoke(search);

    [JSExport]
    internal static void OnTheme(bool dark) => ThemeChanged?.Invoke(dark);

    [JSExport]
    internal static void OnHover(string number) => Hovered?.Invoke(number);

    [JSExport]
    internal static void OnPick(string number) => Picked?.Invoke(number);
}

/// <summary>A key press.</summary>
/// <param name="Name">As in KeyboardEvent.key.</param>
/// <param name="Shift">Whether Shift was held.</param>
/// <param name="InGrid">Whether a cell of the Map has the focus, so that arrows move there.</param>
public readonly record struct Key(string Name, bool Shift, bool InGrid);
