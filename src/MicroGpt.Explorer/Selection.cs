using System.Globalization;

namespace MicroGpt.Explorer;

/// <summary>The five rooms; each is a question.</summary>
public enum Room
{
    Learn,
    Guess,
    Blame,
    Move,
    WhatIf,
}

/// <summary>What the Map shows of each parameter.</summary>
public enum MapView
{
    Value,
    Gradient,
    Movement,
    M,
    V,
    Since,
}

/// <summary>What a visitor looks at. It is the page's address, so a link shows the same to somebody else.</summary>
public sealed record Selection
{
    /// <summary>null: the opening, which shows no room yet.</summary>
    public Room? Room { get; init; }

    /// <summary>Steps taken; null: the last.</summary>
    public int? Step { get; init; }

    /// <summary>What the model reads in Guess and Blame; null: the step's own document.</summary>
    public string? Text { get; init; }

    /// <summary>The position, counted from 0, at which BOS stands.</summary>
    public int At { get; init; }

    /// <summary>The number in the card: a parameter such as wte.5.3, or one of the trace; null: none yet.</summary>
    public string? Number { get; init; }

    /// <summary>What the Map shows.</summary>
    public MapView View { get; init; }

    /// <summary>The step that the Map compares with, called A; null: none.</summary>
    public int? Pin { get; init; }

    /// <summary>Seeds the dice of the names that are dreamt.</summary>
    public int Dice { get; init; } = 7;

    /// <summary>The temperature at which Learn's names are dreamt, from 0.1 to 2.</summary>
    public double Temperature { get; init; } = 0.5;

    /// <summary>The changes of What if, as in <see cref="Edits"/>; null: none.</summary>
    public string? Edit { get; init; }

    /// <summary>Heads cut out in Guess: bit 0 for the first.</summary>
    public int Cut { get; init; }

    /// <summary>Whether all rooms look into B, the run of What if, in place of A.</summary>
    public bool IsOther { get; init; }

    /// <summary>Whether the second run is looked at, the one of 20,000 steps.</summary>
    public bool IsLong { get; init; }

    /// <summary>As the query of an address: "?room=guess&amp;step=420"; what is as usual is left out.</summary>
    public string ToQuery()
    {
        var parts = new List<string>();
        Add("run", IsLong ? "20000" : null);
        Add("room", Room?.ToString().ToLowerInvariant());
        Add("step", Step?.ToString(CultureInfo.InvariantCulture));
        Add("text", Text);
        Add("at", At > 0 ? At.ToString(CultureInfo.InvariantCulture) : null);
        Add("number", Number);
        Add("show", View == MapView.Value ? null : View.ToString().ToLowerInvariant());
        Add("pin", Pin?.ToString(CultureInfo.InvariantCulture));
        Add("dice", Dice == 7 ? null : Dice.ToString(CultureInfo.InvariantCulture));
        Add("temperature", Temperature == 0.5 ? null : Temperature.ToString(CultureInfo.InvariantCulture));
        Add("edit", Edit);
        Add("cut", Cut > 0 ? Cut.ToString(CultureInfo.InvariantCulture) : null);
        Add("side", IsOther ? "b" : null);
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);

        void Add(string name, string? value)
        {
            if (value != null)
            {
                parts.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        }
    }

    /// <summary>Reads the query of an address; what it does not understand is as usual.</summary>
    public static Selection FromQuery(string query)
    {
        var values = new Dictionary<string, string>();
        foreach (var part in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                values[part[..equals]] = Uri.UnescapeDataString(part[(equals + 1)..].Replace('+', ' '));
            }
        }
        return new()
        {
            IsLong = Value("run") == "20000",
            Room = Named<Room>("room"),
            Step = Count("step"),
            Text = Value("text"),
            At = Count("at") ?? 0,
            Number = Value("number"),
            View = Named<MapView>("show") ?? MapView.Value,
            Pin = Count("pin"),
            Dice = Count("dice") ?? 7,
            Temperature = Number("temperature") is >= 0.1 and <= 2 and var temperature ? temperature : 0.5,
            Edit = Value("edit"),
            Cut = Count("cut") ?? 0,
            IsOther = Value("side") == "b",
        };

        string? Value(string name) => values.GetValueOrDefault(name);
        int? Count(string name) =>
            int.TryParse(Value(name), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
        double? Number(string name) => double.TryParse(
            Value(name), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
        T? Named<T>(string name) where T : struct, Enum =>
            Enum.TryParse<T>(Value(name), ignoreCase: true, out var value) && Enum.IsDefined(value) ? value : null;
    }
}
