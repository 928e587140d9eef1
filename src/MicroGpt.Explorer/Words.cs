using System.Globalization;
using System.Text;
using MicroGpt.Record;

namespace MicroGpt.Explorer;

/// <summary>What numbers are, in words.</summary>
public static class Words
{
    /// <summary>The question of a room.</summary>
    public static string Name(this Room room) => room == Room.WhatIf ? "What if" : room.ToString();

    /// <summary>A token as the page writes it: its letter, or · for BOS.</summary>
    public static string Letter(Run run, int token) =>
        token == run.Tokenizer.Bos ? "·" : Visible(run.Tokenizer.Decode(token));

    /// <summary>A character that can be seen: spaces and controls by their symbols.</summary>
    public static string Visible(Rune rune) => rune.Value switch
    {
        ' ' => "␣",
        < 0x20 => ((char)(0x2400 + rune.Value)).ToString(),
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.Control
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator
                ? $"U+{rune.Value:X4}" : rune.ToString(),
    };

    /// <summary>The name of a matrix without its layer, if there is only one.</summary>
    public static string Matrix(Run run, string tensor) =>
        run.Config.NLayer == 1 && tensor.StartsWith("layer0.", StringComparison.Ordinal) ? tensor[7..] : tensor;

    /// <summary>A parameter as the page writes it: wte[f][9].</summary>
    public static string Title(Run run, ParameterAddress address) =>
        $"{Matrix(run, address.Tensor)}[{Row(run, address)}][{address.Column}]";

    /// <summary>A parameter in the address of the page: wte.5.9.</summary>
    public static string Key(Run run, ParameterAddress address) =>
        FormattableString.Invariant($"{Matrix(run, address.Tensor)}.{address.Row}.{address.Column}");

    /// <summary>
    /// What stands beside a term of a sum: wte[f][9], or normalised x[3], with its letter if that is another.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="trace">What the sum is of.</param>
    /// <param name="key">The key of a number.</param>
    /// <param name="position">Where the sum is.</param>
    public static string Term(Run run, Trace trace, string key, int position)
    {
        ArgumentNullException.ThrowIfNull(trace);
        if (Parameter(run, key) is int parameter)
        {
            return Title(run, run.AddressOf(parameter));
        }
        var place = ActivationAddress.Of(key)!.Value;
        var index = place.Activation switch
        {
            Activation.Score or Activation.Weight => Letter(run, trace.Tokens[place.Index % (place.Position + 1)]),
            Activation.Logit or Activation.Probability => Letter(run, place.Index),
            _ => place.Index.ToString(CultureInfo.InvariantCulture),
        };
        return $"{Anatomy.NameOfOne(place.Activation)}[{index}]"
            + (place.Position == position ? "" : $" at {Letter(run, trace.Tokens[place.Position])}");
    }

    /// <summary>The parameter that a key names; null: it names none.</summary>
    public static int? Parameter(Run run, string? key)
    {
        if (key?.Split('.') is not { Length: >= 3 } parts
            || !int.TryParse(parts[^2], NumberStyles.None, CultureInfo.InvariantCulture, out var row)
            || !int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var column))
        {
            return null;
        }
        var name = string.Join('.', parts[..^2]);
        foreach (var tensor in run.Tensors)
        {
            if ((tensor.Name == name || Matrix(run, tensor.Name) == name) && row < tensor.Rows && column < tensor.Columns)
            {
                return tensor.Offset + row * tensor.Columns + column;
            }
        }
        return null;
    }

    /// <summary>The key of a parameter that somebody wrote: wte[f][9], wte.5.9 or wte f 9; null: there is none.</summary>
    public static string? Found(Run run, string wanted)
    {
        var parts = wanted.Split(['[', ']', '.', ' ', ','], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 3)
        {
            return null;
        }
        var row = parts[^2];
        if (parts[^3] is "wte" or "lm_head" && row.EnumerateRunes().Count() == 1 && !char.IsAsciiDigit(row[0]))
        {
            var characters = run.Tokenizer.Characters.EnumerateRunes().ToArray();
            row = $"{(row == "·" ? run.Tokenizer.Bos : Array.IndexOf(characters, row.EnumerateRunes().First()))}";
        }
        return Parameter(run, string.Join('.', [.. parts[..^2], row, parts[^1]])) is int parameter
            ? Key(run, run.AddressOf(parameter)) : null;
    }

    /// <summary>What a parameter is for.</summary>
    public static string Meaning(Run run, ParameterAddress address)
    {
        var (row, column, headDim) = (address.Row, address.Column, run.Config.HeadDim);
        var head = $"head {row / headDim + 1}";
        return Matrix(run, address.Tensor).Split('.')[^1] switch
        {
            "wte" => $"What {Said(run, row)} puts into lane {column} when it is read.",
            "wpe" => $"What the {Ordinal(row + 1)} place puts into lane {column}, whatever letter stands there.",
            "lm_head" => $"How much lane {column} speaks for {Said(run, row)} as the next letter.",
            "attn_wq" => $"How much lane {column} counts in what {head} looks for.",
            "attn_wk" => $"How much lane {column} counts in what a letter offers to {head}.",
            "attn_wv" => $"How much lane {column} counts in what {head} takes from a letter.",
            "attn_wo" => $"How much of what head {column / headDim + 1} took goes into lane {row}.",
            "mlp_fc1" => $"How much lane {column} counts in hidden unit {row}.",
            _ => $"How much hidden unit {column} puts into lane {row}.",
        };
    }

    /// <summary>What a matrix is for, in one line.</summary>
    public static string Purpose(string tensor) => tensor.Split('.')[^1] switch
    {
        "wte" => "what each letter is",
        "wpe" => "what each place is",
        "attn_wq" => "what a letter looks for",
        "attn_wk" => "what a letter offers",
        "attn_wv" => "what a letter hands over",
        "attn_wo" => "where what was found goes",
        "mlp_fc1" => "what turns hidden units on",
        "mlp_fc2" => "what hidden units add",
        _ => "what speaks for each next letter",
    };

    /// <summary>1st, 2nd, 3rd, 4th ...</summary>
    public static string Ordinal(int n) => n + ((n % 100 is > 10 and < 14) ? "th" : (n % 10) switch
    {
        1 => "st",
        2 => "nd",
        3 => "rd",
        _ => "th",
    });

    /// <summary>A row of a matrix: a letter in wte and lm_head, else its number.</summary>
    public static string Row(Run run, ParameterAddress address) =>
        address.Tensor is "wte" or "lm_head"
            ? Letter(run, address.Row) : address.Row.ToString(CultureInfo.InvariantCulture);

    static string Said(Run run, int token) =>
        token == run.Tokenizer.Bos ? "the start or end of a name" : $"the letter {Letter(run, token)}";
}
