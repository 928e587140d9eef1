using MicroGpt.Explorer.Frame;
using MicroGpt.Record;

namespace MicroGpt.Explorer.Tests;

/// <summary>What the page remembers and says, without a browser.</summary>
public class SelectionTests
{
    [Fact]
    public void ASelectionIsItsAddress()
    {
        var selection = new Selection
        {
            Room = Room.WhatIf,
            Step = 12,
            Text = "a&b=ü",
            At = 2,
            Number = "wte.5.9",
            Layer = Layer.Since,
            Pin = 3,
            Dice = 9,
            Temperature = 1.2,
            Edit = "weight:420:wte.5.9:0.5;letter:;",
            Cut = 5,
            IsOther = true,
            IsLong = true,
        };
        Assert.Equal(selection, Selection.FromQuery(selection.ToQuery()));
        Assert.Equal("", new Selection().ToQuery());
    }

    [Theory]
    [InlineData("?room=kitchen&step=-1&at=x&show=99&number=%00&pin=99999999999")]
    [InlineData("?&&=&==&room")]
    [InlineData("")]
    public void AnAddressThatNobodyWroteHereIsNoError(string query)
    {
        Assert.Null(Selection.FromQuery(query).Room);
        Assert.Null(Selection.FromQuery(query).Step);
    }

    [Fact]
    public void EveryParameterHasAKeyThatFindsIt()
    {
        for (var i = 0; i < 4192; i++)
        {
            var address = Asked.Run.AddressOf(i);
            Assert.Equal(i, Words.Parameter(Asked.Run, Words.Key(Asked.Run, address)));
            Assert.Equal(Words.Key(Asked.Run, address), Words.Found(Asked.Run, Words.Title(Asked.Run, address)));
            Assert.NotEmpty(Words.Meaning(Asked.Run, address));
            var cell = Plates.CellOf(Asked.Run, i);
            Assert.Equal(i, Plates.Parameter(Asked.Run.Tensors[cell.Plate], cell.X, cell.Y));
        }
        Assert.All(new[] { "", "wte", "wte.27.0", "wte.0.16", "wte.-1.0", "nothing.0.0", "wte[ü][1]" }, key =>
            Assert.Null(Words.Found(Asked.Run, key)));
    }

    /// <summary>What Guess says of attention, in words that can't be computed while somebody waits.</summary>
    [Fact]
    public void AttentionMattersAsLittleAsThePageSays()
    {
        var cost = new CutCost(Asked.Run.Model(1000), [.. Asked.Run.Corpus], new AttentionCut());
        cost.Finish();
        Assert.Equal(0.011, cost.LossWithout - cost.Loss, 0.0005);
        var visit = new Visit(Asked.Run);
        visit.Follow("?run=20000");
        var last = visit.Second!.Moments[^1];
        Assert.Equal(20_000, last.Step);
        Assert.Equal(0.177, last.LossWithoutAttention - last.Loss, 0.0005);
    }

    [Fact]
    public void EditsAreTheirText()
    {
        IReadOnlyList<Edit> edits =
        [
            new Edit.Weight(420, 89, -0.5), new Edit.LearningRate(0.02), new Edit.Seed(43), new Edit.Steps(500),
            new Edit.WithoutHead(0, 1),
            new Edit.WithoutLetter(new('f')), new Edit.WithoutDocument("rufus"), new Edit.Teach(3, "zoe"),
        ];
        Assert.Equal(edits, Edits.Parse(Asked.Run, Edits.Format(Asked.Run, edits)));
        Assert.Empty(Edits.Parse(Asked.Run, "weight:1:2;rate:x;seed;head:0;steps:0;;:::;letter:"));
        Assert.Null(Edits.Format(Asked.Run, []));
    }

    [Theory]
    [InlineData(0, "forrest")]
    [InlineData(420, "mar")]
    [InlineData(1000, "")]
    [InlineData(1000, "abcdefghijklmnopqrstuvwxyz")]
    public void EveryNumberOfATraceTakenApartAndComputedAgainHasTheSameBits(int step, string text)
    {
        var (trace, model) = (Asked.Run.Trace(step, text), Asked.Run.Model(step));
        foreach (var activation in Enum.GetValues<Activation>())
        {
            for (var position = 0; position < trace.Positions; position++)
            {
                for (var i = 0; i < trace.Values(activation, 0, position).Length; i++)
                {
                    var place = new Place(activation, 0, position, i);
                    Assert.Equal(place, Place.Of(place.ToString()));
                    var number = trace.Values(activation, 0, position)[i];
                    var anatomy = Anatomy.Of(Asked.Run, model, trace, place);
                    Assert.True(number.Equals(anatomy.Again),
                        $"{place} of {text}: {number:R}, again {anatomy.Again:R}");
                }
            }
        }
    }
}
