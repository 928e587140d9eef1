using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace MicroGpt.Explorer.Drawing;

/// <summary>A row of numbers as cells of an SVG. By hand, because the page draws hundreds at once.</summary>
public sealed class Strip : ComponentBase
{
    double[]? drawn; // the numbers of the last drawing
    string? ring;

    /// <summary>The numbers.</summary>
    [Parameter, EditorRequired]
    public double[] Numbers { get; set; } = [];

    /// <summary>How deep each one's colour is, from 0 to 1.</summary>
    [Parameter, EditorRequired]
    public Func<double, double> Depth { get; set; } = null!;

    /// <summary>The key of a number, as in the address of the page.</summary>
    [Parameter, EditorRequired]
    public Func<int, string> Key { get; set; } = null!;

    /// <summary>What the address of a number begins with: how the record is asked for it again.</summary>
    [Parameter, EditorRequired]
    public string Source { get; set; } = "";

    /// <summary>The key of the number in the card.</summary>
    [Parameter]
    public string? Chosen { get; set; }

    /// <summary>Where the first cell is.</summary>
    [Parameter]
    public double X { get; set; }

    /// <inheritdoc cref="X"/>
    [Parameter]
    public double Y { get; set; }

    /// <summary>The size of a cell.</summary>
    [Parameter]
    public double Width { get; set; } = 12;

    /// <inheritdoc cref="Width"/>
    [Parameter]
    public double Height { get; set; } = 12;

    /// <summary>Cells in a line.</summary>
    [Parameter]
    public int Columns { get; set; } = 16;

    protected override bool ShouldRender()
    {
        var ring = Chosen != null && Enumerable.Range(0, Numbers.Length).Any(i => Key(i) == Chosen) ? Chosen : null;
        if (drawn != null && ring == this.ring && drawn.AsSpan().SequenceEqual(Numbers))
        {
            return false;
        }
        this.ring = ring;
        return true;
    }

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        drawn = Numbers;
        for (var i = 0; i < Numbers.Length; i++)
        {
            var (number, key) = (Numbers[i], Key(i));
            builder.OpenElement(0, "rect");
            builder.AddAttribute(1, "class", Scale.Shade(number, Depth(number)) + (key == Chosen ? " chosen" : ""));
            builder.AddAttribute(2, "x", Digits.Place(X + i % Columns * Width));
            builder.AddAttribute(3, "y", Digits.Place(Y + i / Columns * Height));
            builder.AddAttribute(4, "width", Digits.Place(Width - 1));
            builder.AddAttribute(5, "height", Digits.Place(Height - 1));
            builder.AddAttribute(6, "data-key", key);
            builder.AddAttribute(7, "data-src", Source + key);
            builder.AddAttribute(8, "data-value", Digits.Invariant(number));
            builder.CloseElement();
        }
    }
}
