namespace MicroGpt.Explorer.Drawing;

/// <summary>
/// How numbers become colours: blue above 0, orange below, paper for exactly 0. A kind of number has one scale for the
/// whole run, so the same colour is the same number at every step.
/// </summary>
public static class Scale
{
    /// <summary>Shades of a colour; explorer.css has as many.</summary>
    public const int Shades = 16;

    const double SmallestGradient = 1e-5; // smaller ones get the lightest shade: still not paper
    const double LargestGradient = 1.17; // the largest of the default run of the default run

    /// <summary>How deep the colour of a number is, from 0 to 1.</summary>
    public static double Depth(MapView view, double number) => view switch
    {
        MapView.Value or MapView.Since => Root(number, 1),
        MapView.Movement => Root(number, 0.02),
        MapView.V => Log(Math.Sqrt(number)),
        _ => Log(number),
    };

    /// <summary>The depth of an intermediate number of a forward pass.</summary>
    public static double Activation(double number) => Root(number, 3);

    /// <summary>The depth of a logit.</summary>
    public static double Logit(double number) => Root(number, 10);

    /// <summary>The depth of a gradient: the same number of digits more is the same step deeper.</summary>
    public static double Log(double number)
    {
        var size = Math.Abs(number);
        return size == 0 || double.IsNaN(size)
            ? 0 : Math.Clamp(Math.Log(size / SmallestGradient) / Math.Log(LargestGradient / SmallestGradient), 0.04, 1);
    }

    /// <summary>What the legend says of a view's scale.</summary>
    public static (string Low, string High) Ends(MapView view) => view switch
    {
        MapView.Value or MapView.Since => ("−1", "1"),
        MapView.Movement => ("−0.02", "0.02"),
        _ => ("−1.17", "1.17"),
    };

    /// <summary>The class of a shade in explorer.css: b1 to b16, o1 to o16, or zero.</summary>
    public static string Shade(double number, double depth) =>
        number == 0 ? "zero" : Names[number > 0 ? 1 : 0][ShadeOf(depth)];

    /// <summary>A pixel of a canvas: the same colours as those of explorer.css.</summary>
    public static void Pixel(Span<byte> rgba, double number, double depth, bool dark)
    {
        var (paper, full) = (dark ? DarkPaper : LightPaper, (number > 0, dark) switch
        {
            (true, false) => LightBlue,
            (false, false) => LightOrange,
            (true, true) => DarkBlue,
            (false, true) => DarkOrange,
        });
        var share = number == 0 || double.IsNaN(number) ? 0 : ShadeOf(depth) / (double)Shades;
        rgba[0] = Mix(paper.R, full.R, share);
        rgba[1] = Mix(paper.G, full.G, share);
        rgba[2] = Mix(paper.B, full.B, share);
        rgba[3] = 255;
    }

    /// <summary>A pixel that has no number yet: a hatching.</summary>
    public static void Hatch(Span<byte> rgba, int x, int y, bool dark)
    {
        var paper = dark ? DarkPaper : LightPaper;
        var shift = (x + y) % 4 == 0 ? dark ? 40 : -46 : 0;
        (rgba[0], rgba[1], rgba[2], rgba[3]) =
            ((byte)(paper.R + shift), (byte)(paper.G + shift), (byte)(paper.B + shift), 255);
    }

    static int ShadeOf(double depth) => Math.Clamp((int)Math.Ceiling(depth * Shades), 1, Shades);

    static double Root(double number, double largest) => Math.Min(1, Math.Sqrt(Math.Abs(number) / largest));

    static byte Mix(byte from, byte to, double share) => (byte)Math.Round(from + (to - from) * share);

    static readonly string[][] Names =
        [[.. Enumerable.Range(0, Shades + 1).Select(i => $"o{i}")],
            [.. Enumerable.Range(0, Shades + 1).Select(i => $"b{i}")]];

    // As --plate, --blue and --orange in explorer.css.
    static readonly (byte R, byte G, byte B) LightPaper = (0xff, 0xff, 0xfd), DarkPaper = (0x1f, 0x21, 0x25);
    static readonly (byte R, byte G, byte B) LightBlue = (0x12, 0x4e, 0x96), DarkBlue = (0x6c, 0xb4, 0xff);
    static readonly (byte R, byte G, byte B) LightOrange = (0xc2, 0x57, 0x00), DarkOrange = (0xff, 0x9f, 0x45);
}
